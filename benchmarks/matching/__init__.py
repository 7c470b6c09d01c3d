"""Exit matching, measured on reads that the shipped reader made of labelled photos."""
