"""Helpers for people who work on reactor: nothing in here is shipped, all of it is standard library only."""
