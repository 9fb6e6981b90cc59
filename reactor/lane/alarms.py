"""By what each run is watched between two readings: a bell of its own, or the tripwires for all.

Only that choice is here: who has a bell that tells all needs no tripwire for its memory. What a ring or a
trip leads to is in ``crew`` and ``lookout``.
"""

from reactor.cgroups.files import What
from reactor.lane.bells import Bells
from reactor.lane.eye import Eye
from reactor.lane.wires import Wire

_NOTHING: frozenset[What] = frozenset()


class Alarms:
    """The tripwires, and the bells if there are any."""

    def __init__(self, wires: tuple[Wire, ...], bells: Bells | None) -> None:
        self.wires = wires
        self._bells = bells

    def settle(self, eye: Eye) -> None:
        """Have its usage told by the kernel, if that works; until then, or else, by looking."""
        eye.settled_for, place = eye.numbers, eye.word.home.places.get("memory")
        if place is not None:
            hung = self._bells is not None and self._bells.order(eye.word.key, place, eye.numbers)
            # Version 2 tells of the limit only.
            eye.is_told = hung and place.version == 1
        looked = {What.MEMORY} if eye.numbers and not eye.is_told else set()
        self._string(eye, eye.alike.one(frozenset({What.PIDS} | looked)))

    def forget(self, eye: Eye) -> None:
        """It is not watched any more."""
        self._string(eye, _NOTHING)
        if self._bells is not None:
            self._bells.forget(eye.word.key)

    def hung(self) -> list[int]:
        """The keys of those whose bell is heard since this was asked last."""
        return self._bells.hung() if self._bells is not None else []

    def key_of(self, bell: int) -> int | None:
        """Whose bell it is, if it is anybody's still."""
        return self._bells.key_of(bell) if self._bells is not None else None

    def mute(self, eye: Eye) -> None:
        """Do not hear it for a while."""
        eye.is_muted = True
        if self._bells is not None:
            self._bells.mute(eye.word.key)

    def hear(self, eye: Eye) -> None:
        """Hear it again."""
        eye.is_muted = False
        if self._bells is not None:
            self._bells.listen(eye.word.key)

    def _string(self, eye: Eye, wanted: frozenset[What]) -> None:
        for wire in self.wires:
            if (wire.what in wanted) != (wire.what in eye.strung):
                (wire.add if wire.what in wanted else wire.remove)(eye.word.home)
        eye.strung = wanted
