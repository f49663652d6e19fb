"""The simulated road: traffic, cameras, and the pictures that they take."""
