"""Chaos: breaches and innocents on a real engine, while the monitor and the engine are killed all the time.

``python -m tests.chaos`` (``make test-chaos``) is the long version, ``tests/real/test_chaos.py`` a short one.
The schedule comes from a seed (``plan``, ``cast``), is played by ``stage`` and ``faults``, and is judged by
``judging`` from what the engine says alone (``tests.real.truth``, and ``audit``: the engine's own log of the
calls that it was sent). Nothing of what the monitor says about itself decides anything here.
"""
