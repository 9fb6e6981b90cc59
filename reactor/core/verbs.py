"""The verbs: what can be done about a run. Only the words are here, and which of them end it."""

from enum import StrEnum


class Action(StrEnum):
    """What can be done about a run. The first four end it, the others leave it running."""

    KILL = "kill"
    STOP = "stop"
    RESTART = "restart"
    REMOVE = "remove"
    PAUSE = "pause"
    LIMIT = "limit"
    NOTICE = "notice"
    EVIDENCE = "evidence"
    EXEC = "exec"
    WEBHOOK = "webhook"


ENDING = frozenset({Action.KILL, Action.STOP, Action.RESTART, Action.REMOVE})
"""The actions after which the run is over. Of these only one is under way for a run, or a stronger one."""
