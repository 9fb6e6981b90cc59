"""The embedded engine: a model of containers, its Docker API and a proxy that breaks connections.

What belongs here is what stands in for an engine: for the demo, for rule tests and as the
twin of a real engine in the contract tests. Nothing here knows the monitor or its rules.
"""
