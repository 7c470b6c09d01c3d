"""Everything about one disputed stay in one file, and whether such a file holds together."""
