"""The pure core: records, expressions, scope and the step from facts to decisions.

What belongs here is what can be decided from values alone. There is no clock, no
input or output, no log and no third-party import in this room; time is an argument.
"""
