"""A simulated car park: traffic, cameras, drivers, and the demo day."""
