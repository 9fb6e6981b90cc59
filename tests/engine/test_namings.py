"""What is remembered of what the engine named."""

from reactor.core.container import Run
from reactor.engine.namings import REMEMBERED, Namings
from tests.cgroups.build import run_of


def test_only_the_last_naming_of_this_very_process_counts() -> None:
    namings, run = Namings(), run_of(1)
    assert namings.asked(run, 7) is None
    namings.note(run, 7, 10.0)
    namings.note(run, 7, 12.0)
    assert namings.asked(run, 7) == 12.0
    assert namings.asked(run, 8) is None
    assert namings.asked(run_of(1, 9), 7) is None, "the next run"
    namings.note(run, 0, 13.0)
    assert namings.asked(run, 7) is None, "it has no process any more"


def test_it_has_a_bound_and_forgets_the_oldest() -> None:
    namings = Namings()
    runs = [Run(run_of(1).id, f"2026-01-01T00:00:00.{n:09d}Z") for n in range(REMEMBERED + 1)]
    for run in runs:
        namings.note(run, 7, 1.0)
    assert namings.asked(runs[0], 7) is None
    assert namings.asked(runs[1], 7) == namings.asked(runs[-1], 7) == 1.0
