"""What a user's mistake looks like, and the exit codes of the program.

A mistake of the user's is a sentence on stderr, with a place and a remedy, and never a
traceback. Who finds it says it; ``cli`` prints it.
"""

OK, FOUND, USAGE = 0, 1, 2


class Complaint(Exception):
    """Something that the user can mend; the lines say what and how."""

    def __init__(self, *lines: str, code: int = USAGE) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines
        self.code = code
