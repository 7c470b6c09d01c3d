"""How long a vehicle waits before a barrier: from its loop to the relay, through the real lane loop."""
