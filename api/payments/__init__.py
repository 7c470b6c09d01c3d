"""Orders at a payment provider, and the settlements they become."""
