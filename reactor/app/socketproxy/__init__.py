"""A proxy before the engine's socket: what it has to let through, written for one that people have.

Only writing its configuration belongs here. What the engine is asked stands in ``engine.asked``; the proxy
itself is somebody else's program, and runs beside the monitor.
"""
