"""What the status page and ``/api/v1/`` tell, made from what the monitor knows at one moment.

Only reading belongs here: nothing that comes in over HTTP changes anything. Paths and the form of a stream
are in ``web``, what the page looks like in ``web/static``, the same in a terminal in ``app/top``.
"""
