"""Several engines in one process."""
