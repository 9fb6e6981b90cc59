"""HTTP/1.1 over trio streams, by h11: a client and a server that know nothing of containers.

What belongs here is bytes, lines, requests and responses, each with a bound and a deadline.
What a status or a body means is the business of the rooms above. No error of h11, of trio's
streams or of ssl leaves this room: ``errors`` has our own names for what can be true.
"""
