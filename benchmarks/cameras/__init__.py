"""How many cameras one core watches: streams with little traffic, a small RTSP server, and processes that watch."""
