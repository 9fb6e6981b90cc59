"""How far time may be skipped. For now: not at all."""
