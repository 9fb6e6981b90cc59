"""Tests of what the tests stand on: private engines, fixtures and guards."""
