"""Data folders below one root: what is made, what is refused, what goes and what stays."""
