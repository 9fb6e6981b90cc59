"""What a service manager is told of a monitor, and the files by which services run it."""
