"""What the entrants are called, in the table and in everything that is written; and which of them do what."""

from typing import Final

NOBODY, LOOP, THREADS = "nobody", "poll loop", "thread per container"
STREAMS, NORMAL, FAST = "reactor, streams", "reactor, normal", "reactor, fast"
NETDATA = "netdata"
EVERYBODY: Final = (NOBODY, LOOP, THREADS, STREAMS, NORMAL, FAST, NETDATA)
ACTING: Final = (LOOP, THREADS, STREAMS, NORMAL, FAST)
OURS: Final = (STREAMS, NORMAL, FAST)
KERNEL: Final = (NORMAL, FAST)
