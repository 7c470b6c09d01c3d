"""The API that processes on the lot's own machine use."""
