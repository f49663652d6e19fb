"""What attacks and defences achieve: the tables that are stored in data/results."""
