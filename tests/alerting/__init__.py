"""Alerts out of rule files."""
