"""The language of conditions: trees, their kinds, what they come to for a run, and how they are said.

What belongs here is everything between a tree and an answer: which names there are, what may be
compared with what, closures, windows over time, wording and distances. How text becomes a tree is
the business of the room ``ruleset``; what follows from an answer is in the modules beside this one.
"""
