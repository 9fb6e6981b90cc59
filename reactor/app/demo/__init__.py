"""``reactor demo``: the real monitor against an embedded engine full of good and bad tasks, on one terminal.

What belongs here is the play: its cast, its stage, its script, what is shown of it and how it is
judged. The engine is the room ``testing``'s, the monitor is the same that ``run`` starts.
"""
