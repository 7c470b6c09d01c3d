"""What the motion gate saves, measured on a stream built from a clip."""
