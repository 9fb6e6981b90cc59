"""reactor: an event-driven, reactive monitor for Docker containers."""

__version__ = "0.1.0"
