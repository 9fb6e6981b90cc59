"""``python -m bench.race``: all ways of watching, one after the other, on one engine and its containers.

What belongs here: who watches, who attacks, what is taken down of both, and the one table that comes of it.
The ways of watching are run as their users run them; nothing of reactor is imported. The older comparison
(``python -m bench``) looks into single parts of acting; what it has is used here where it fits.
"""
