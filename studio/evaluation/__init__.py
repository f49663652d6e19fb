"""How good the shipped networks and the tracks are: the figures of the cards."""
