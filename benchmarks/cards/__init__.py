"""Pages about the shipped models for people to read: what they are, what they were measured at, where they fail."""
