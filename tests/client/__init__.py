"""Tests of what runners import."""
