"""Seeing to sidecars: each task has beside it what it is to have, and nothing is left when it is over.

What is to be done is found by the core (``provisions``, ``planning``); here it is done, and told of.
"""
