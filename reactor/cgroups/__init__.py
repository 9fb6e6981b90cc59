"""The kernel's own account of each container: its control groups, found, proved to be its own, and read.

What belongs here reads cgroups of both versions and makes the same facts of them as a stats stream, and finds
out at the start what this kernel and these rights allow. Nothing is decided here, no engine is asked, and
nothing that exists is changed: only the probe makes a cgroup, its own, and removes it.
"""
