"""What a lot does, in figures that Prometheus reads."""
