"""Gives money back that was taken online."""
