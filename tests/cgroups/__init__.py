"""Tests of the cgroups room, over trees that are made of plain files as the kernel would show them."""
