"""The cloud's schema and its versions."""
