"""The lot's SQLite database."""
