"""The pages a driver sees on a phone."""
