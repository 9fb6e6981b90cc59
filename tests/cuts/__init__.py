"""Streams that a proxy before the engine cuts again and again, and breaches of several kinds meanwhile.

`python -m tests.cuts` does it for ten minutes with the shipped configuration and silences of 5 s; a short
version with many more cuts stands in tests/real/test_behind_the_proxy.py.
"""
