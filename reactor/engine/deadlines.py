"""How long the engine may take for each call."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long each call may take, in seconds.

    A kill is not late before 12 s: the engine itself waits that long for a stubborn process.
    ``stop`` is what a stop may take beyond its grace, ``restart`` likewise with the start that follows. A
    removal by force is a kill with disk work behind it, and a creation and a start are disk work as well.
    ``stats`` and ``events`` are for the beginning of the answer; that of stats comes with the first frame.
    ``layer`` is for a walk over all files of a container's layer.
    """

    identify: float = 10.0
    list: float = 10.0
    inspect: float = 5.0
    image: float = 2.0
    kill: float = 15.0
    stop: float = 15.0
    restart: float = 30.0
    pause: float = 10.0
    update: float = 10.0
    remove: float = 30.0
    tail: float = 5.0
    events: float = 10.0
    stats: float = 15.0
    layer: float = 30.0
    create: float = 30.0
    start: float = 30.0
