"""What a run said, for people and machines: a page, Markdown and JSON."""
