"""What a run says: figures, their error bars and a verdict, worked out from its files alone."""
