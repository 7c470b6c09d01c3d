"""What the console says, one file a language."""
