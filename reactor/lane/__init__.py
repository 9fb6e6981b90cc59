"""The fast lane: looks at the cgroups of the watched runs some hundred times a second, and says what changed.

What belongs here is the small process that looks, the words it exchanges with the monitor, and the monitor's
end of that. The process imports nothing that is heavy and knows no rule: it is told which numbers matter, and
tells when a reading passes one. What follows from that is decided where everything is decided.
"""
