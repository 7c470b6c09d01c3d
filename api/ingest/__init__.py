"""Takes a lot's batches and mirrors them."""
