"""Several engines in one process: a monitor for each, and nothing that they share.

What belongs here is which engines there are, that each has its own tree, and what becomes of one that is away
or broken. What a monitor is, is in ``supervise``; nothing here decides about containers.
"""
