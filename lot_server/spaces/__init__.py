"""How many vehicles are inside, and how the count heals."""
