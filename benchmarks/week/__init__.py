"""A week at a simulated lot, in minutes: the real lane loops, store, sync and cloud on a clock that never idles."""
