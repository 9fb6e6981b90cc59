"""The files by which services run a monitor: read by the programs that they are for, and held to the code."""
