"""The numbers of acting, all in one place, in seconds unless they count something."""

from dataclasses import dataclass

from reactor.act.lanes import Patience


@dataclass(frozen=True, slots=True)
class ActConfig:
    """How many calls at once, how long to wait for what, and how often to try.

    ``kill_slots`` and ``stop_slots`` are for first tries, ``again_slots`` for further ones,
    ``other_slots`` for what leaves a run alive, ``quarantine_slots`` for runs that would not end.
    When nobody comes back for a quarter of the usual time (``doubt`` while that is not known), others begin
    beside those who are under way; ``patience`` is when a slot is lost where nobody comes back at all (of a
    stop: when its grace is over too). See ``lanes``.
    ``call_deadline`` is for a kill; an engine may take 12 s for one in good order.
    ``settle`` is how long a run may take to be seen over after a call that went well, ``tries``
    how many tries there are before the quarantine, ``quarantine_room`` how many runs fit there.
    ``write_patience`` is how long a direct end waits for its intent, ``longest_frozen`` how long a run is
    frozen at most, ``dying`` how long who was ended directly is left to die before the engine is asked.
    """

    kill_slots: int = 10
    stop_slots: int = 10
    other_slots: int = 10
    again_slots: int = 4
    quarantine_slots: int = 4
    doubt: float = 0.005
    patience: float = 2.0
    call_deadline: float = 15.0
    look_deadline: float = 5.0
    verify_deadline: float = 2.0
    settle: float = 2.0
    write_patience: float = 0.1
    longest_frozen: float = 20.0
    dying: float = 0.1
    longest_grace: float = 300.0
    tries: int = 3
    first_pause: float = 0.2
    longest_pause: float = 5.0
    first_quarantine_pause: float = 1.0
    longest_quarantine_pause: float = 60.0
    quarantine_room: int = 1000
    look_back_after: float = 1.0
    strict: bool = False

    @property
    def lane_patience(self) -> Patience:
        """How long a try of any lane but the quarantine's may keep its slot."""
        return Patience(self.doubt, self.patience)
