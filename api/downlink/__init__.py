"""Hands settlements and refunds down to the lots."""
