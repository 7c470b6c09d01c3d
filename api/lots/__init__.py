"""Lots near a point."""
