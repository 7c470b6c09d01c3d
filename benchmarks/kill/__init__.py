"""A lot whose server is killed again and again: what it acknowledged must be there, and nobody pays twice."""
