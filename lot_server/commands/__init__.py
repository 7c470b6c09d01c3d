"""Commands of `openlot lot` that have a file of their own, and how they speak to the terminal."""
