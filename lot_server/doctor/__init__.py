"""What may be wrong with a lot, each check one small function, none of which changes anything."""
