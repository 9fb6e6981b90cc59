"""Who looks for the owners of containers: processes, files, and leases that are renewed over HTTP.

What an owner's absence leads to is decided in the core; owners that are containers are found in its
snapshots. Nothing here acts on anybody.
"""
