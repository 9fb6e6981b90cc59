"""A container engine that speaks the Docker Engine API: finding it, calling it, reading its answers.

What belongs here is everything that knows a path, a field or a status of that API, and the clock
of the engine. What a container's state means for anybody is decided in ``core``; when to look
and what to compare is in ``watch`` and ``reconcile``, which speak to an engine through
``core.ports`` only.
"""
