"""The schedule of the chaos: the same seed gives the same, and there is enough of everything."""

from itertools import islice

from tests.chaos.cast import GUILTY, INNOCENT, Fate
from tests.chaos.plan import FAULTS_WITHIN, WAVE, Size, Wave, waves, weight

SIZE = Size()


def _all(seed: str) -> list[Wave]:
    return list(islice(waves(seed, SIZE), SIZE.breaches // WAVE))


def test_the_same_seed_gives_the_same_waves_and_another_one_others() -> None:
    assert _all("1") == _all("1")
    assert _all("1") != _all("2")


def test_there_is_as_much_of_everything_as_was_asked_for() -> None:
    planned = _all("1")
    for guilty in (True, False):
        assert sum(weight(part, guilty=guilty) for wave in planned for part in wave.parts) >= SIZE.breaches
    assert sum(len(wave.kills) for wave in planned) == SIZE.kills
    assert sum(len(wave.outages) for wave in planned) == SIZE.outages
    assert all(0 <= at <= FAULTS_WITHIN for wave in planned for at in wave.kills)


def test_every_kind_is_cast_and_no_name_twice() -> None:
    members = [member for wave in _all("1") for member in wave.members]
    names = [member.name for member in members]
    assert len(names) == len(set(names))
    for kind in (*GUILTY, *INNOCENT):
        assert any(f"{kind}-" in name for name in names)


def test_whoever_is_taken_has_a_main_that_is_ended() -> None:
    for wave in _all("1"):
        by_name = {member.name: member for member in wave.members}
        taken = [member for member in wave.members if member.fate is Fate.TAKEN]
        assert taken
        assert {by_name[member.main].fate for member in taken} == {Fate.ENDED}
