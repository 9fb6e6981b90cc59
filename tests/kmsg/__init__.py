"""Tests of the room that reads the kernel's log."""
