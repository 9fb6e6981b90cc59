"""Ending runs without the engine: by their cgroups, or by their first process, held since they were found.

What belongs here is the port ``Containment`` for a host of our own. Who is to be ended is decided in the
core, admitted by the brakes there, and asked for by ``act``; the engine is asked right after.
"""
