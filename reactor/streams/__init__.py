"""The reactive half: the graph that turns what is seen into decisions, and the clock it runs on.

Everything in this room is synchronous but the scheduler's own task. Nothing here waits for
an engine, a disk or a network: what waits lives above (``app``) or beside (``engine``).
"""
