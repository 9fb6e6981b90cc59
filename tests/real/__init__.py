"""The real monitor on a real engine: every fault, every neighbour, and the engine's own account of it."""
