"""``reactor data``: the data folders of tasks, listed, and removed when somebody says so."""
