"""Tests of the room ``containment``."""
