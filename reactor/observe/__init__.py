"""What is seen of the monitor from outside: one metric table, its snapshot and two exports of it.

What happened is counted in a ``Tally``; how things stand is a ``Readings`` record that the
floor above fills in. Both become one frozen snapshot, and Prometheus and OpenTelemetry are
two ways to write that snapshot down. Nothing here decides, and nothing here may disturb.
"""
