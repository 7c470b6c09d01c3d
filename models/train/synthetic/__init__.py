"""Generated plates and scenes with exact ground truth."""
