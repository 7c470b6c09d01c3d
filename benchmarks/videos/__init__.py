"""Clips of vehicles, rendered or real, and what watching them should say."""
