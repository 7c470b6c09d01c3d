"""The trained networks: cards, checksums, weights, export and training."""
