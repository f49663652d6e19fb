"""Trainers of the shipped networks, and of those that studies need."""
