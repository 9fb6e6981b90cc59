"""``make bench``: how late a breach is answered on a real engine, and what watching costs.

Everything that measures reactor from outside belongs here: the containers, the contenders, the
clock, the table. Nothing in here is shipped, and nothing of reactor is imported: it is run as a
user runs it, and what it says of itself is held against what the engine and the kernel say.
"""
