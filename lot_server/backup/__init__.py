"""Whole copies of a lot's store, made while it runs, and the way back from one."""
