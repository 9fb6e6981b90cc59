"""Tests of services in Compose syntax."""
