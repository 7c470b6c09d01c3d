"""Labelled photos in the layouts that are in use, as one kind of sample."""
