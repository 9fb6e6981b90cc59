"""Recordings: what the core was told, in a file, byte for byte, and told to it once more.

Belongs here: how facts and decisions become bytes and come back, the file and the folder that
they are kept in, and the replay of them by the pure step. Who is to be recorded, when it is
written and how a replay is shown is the business of the rooms above.
"""
