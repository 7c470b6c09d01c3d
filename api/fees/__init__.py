"""What a stay owes, by plate."""
