"""Tests of the documentation: every link leads somewhere, and every command does what the page shows."""
