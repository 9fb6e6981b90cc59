"""Where each setting comes from: flags over environment over the configuration file over defaults.

All that merges belongs here, and what shows the merged (``reactor config``). What a setting means, and
which values it takes, is said once, by ``configuration``: flags and variables are read as if they were there.
"""
