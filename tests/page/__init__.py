"""The status page, its API and ``reactor top``: on the embedded engine, over real sockets, in a real
browser."""
