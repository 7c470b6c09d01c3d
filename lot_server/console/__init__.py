"""The operator console: pages for those who run a lot, in its own server's process."""
