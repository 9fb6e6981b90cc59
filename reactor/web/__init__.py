"""What the monitor serves over HTTP: metrics, health, and a page that says where these are.

What belongs here is which path answers what. HTTP itself is in ``http``, the numbers are in
``observe``, and when the monitor is ready is known on the floor above. Everything here only
reads; nothing that comes in over HTTP changes anything.
"""
