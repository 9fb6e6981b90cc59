"""What the kernel says of OOM kills by itself: in its log, and by the counters of cgroups.

What belongs here reads ``/dev/kmsg`` and those counters, finds out which container a kill was in, and makes
facts of it. Whether a kill was told of before is found out in the core; nothing is decided here.
"""
