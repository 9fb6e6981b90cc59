"""Data folders of tasks below one root: made, shown and taken away by descriptors, never out of the root."""
