"""``reactor top``: the status page in a terminal.

It asks a running monitor's API over HTTP, as the page does, and shows the nearest to their ends first. What
is asked is in ``source``, how it looks in ``frame``, the keys in ``screen``; rich is loaded only here.
"""
