"""The lot's local server: lanes, stays, fees and hardware."""
