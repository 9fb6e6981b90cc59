"""What can be wrong with a recording. Each is a sentence for the operator."""

from pathlib import Path


class RecordingError(Exception):
    """This recording cannot be written or read; the text says why and what to do."""


class NotRecordable(RecordingError):
    """A record that no recording can hold: its type has no shape."""


class Malformed(RecordingError):
    """What stands in a recording is not what its kind says; the text says what, and not where."""


class TooNew(RecordingError):
    """A newer reactor wrote something that this one does not know."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}, which this reactor does not know: use the reactor that recorded it")


class Occupied(RecordingError):
    """Something is there already where a recording was to begin."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is there already: name a file that is not, or a folder")


class Full(RecordingError):
    """The recording has come to the size that it may have."""

    def __init__(self, path: Path, most: int) -> None:
        super().__init__(f"{path} has come to its most, {most} bytes: nothing more is recorded")


class NoRoom(RecordingError):
    """So little is left on the disk that a recording would take it from those who need it more."""

    def __init__(self, folder: Path, left: int) -> None:
        super().__init__(f"only {left} bytes are left on the disk of {folder}: a recording leaves them alone")
