"""Runs candidates over photos, each in processes of its own, and keeps what came out before anything is judged."""
