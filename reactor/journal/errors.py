"""What can be wrong with a journal that only a person can put right. Each says what to do.

A full or failing disk is not among them: that is not an error of the operator, and the
monitor goes on without its journal.
"""

from pathlib import Path


class JournalError(Exception):
    """This journal cannot be used; the text is a sentence for the operator."""


class JournalInUse(JournalError):
    """Another reactor writes this journal."""

    def __init__(self, path: Path, pid: int, container: str) -> None:
        where = f", container {container[:12]}" if container else ""
        super().__init__(
            f"the journal {path} is in use by another reactor (pid {pid or 'unknown'}{where}): "
            "stop that one, or give this one a journal of its own"
        )
        self.pid = pid
        self.container = container


class JournalTooNew(JournalError):
    """A newer reactor wrote this journal."""

    def __init__(self, path: Path, version: int, ours: int) -> None:
        super().__init__(
            f"the journal {path} has version {version}, this reactor knows versions up to {ours}: "
            "use the newer reactor again, or name another file"
        )


class NoJournal(JournalError):
    """There is no such file, or it cannot be read."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"there is no journal to read at {path}: {why}")


class JournalTooOld(JournalError):
    """No monitor of this version has opened this journal yet."""

    def __init__(self, path: Path, version: int, ours: int) -> None:
        super().__init__(
            f"the journal {path} has version {version}, this reactor reads version {ours}: a monitor brings "
            "it up to date when it starts; until then use the reactor that writes it"
        )


class JournalUnreadable(JournalError):
    """The file is damaged, or was changed by hand into something that cannot be read."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"the journal {path} cannot be read ({why}): a monitor that finds it damaged moves it aside and "
            "begins a new one when it starts"
        )


class NotAJournal(JournalError):
    """The file is a database of something else."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is a database, but not a journal of reactor: name another file")


class NoCertificate(JournalError):
    """There is no such certificate, or more than one is meant."""
