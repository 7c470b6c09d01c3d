"""Pixels in, sightings out: finds, straightens and reads licence plates."""
