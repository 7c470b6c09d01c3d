"""Hands settlements down to the lots."""
