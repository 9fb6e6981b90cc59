"""What the kernel of a host says of the host and of its processes, read from its own files.

What belongs here reads ``/proc`` (and, in time, cgroups) and makes facts of it, only of what provably
belongs to the engine that is watched. Nothing is decided here, no engine is asked, and nobody is ended.
"""
