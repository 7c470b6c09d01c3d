"""Implementations of the lot server's ports."""
