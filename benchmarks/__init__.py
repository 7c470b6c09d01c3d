"""Measured answers and the simulated lot."""
