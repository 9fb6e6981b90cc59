"""Tests of the kernel room, over a /proc that is made of plain files."""
