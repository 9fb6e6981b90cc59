"""Acting: carrying decisions out, each once, on the run it was made for and on no other.

What belongs here is what lies between a decision and its outcome: waiting lines, the last
look before a call, the call, the look afterwards, trying again. What should be done is
decided in ``core``; how an engine is spoken to is the business of ``engine``. There are no
threads here, no shared connections, and nothing that one hanging call could keep from another.
"""
