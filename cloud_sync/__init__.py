"""Mirrors a lot to the cloud and brings settlements down."""
