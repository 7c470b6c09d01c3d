"""Recipes that train openlot's networks."""
