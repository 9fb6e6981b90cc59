"""The program: command line, configuration, and the monitor put together and supervised.

Only here are rooms joined to each other; what they do is in the rooms.
"""
