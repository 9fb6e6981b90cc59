"""What the program shows of several embedded engines, one of them away: one page of numbers, and each command
by the name of an engine."""

from functools import partial
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from reactor.app.cli import main
from reactor.observe.joining import OF_PROCESS, is_process
from reactor.observe.rows.engines import ENGINES
from tests.app.embedded import apart
from tests.app.fleet.test_program import come, engines, never_left, several
from tests.app.test_supervise import task
from tests.real.several import SeveralMonitors


async def test_numbers_and_commands_know_engines_by_their_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with engines(tmp_path) as found:
        worlds = [await found.begin(name) for name in ("east", "west")]
        for world, name in zip(worlds, ("of-east", "of-west"), strict=True):
            task(world, name)
        with never_left(several(tmp_path, found, "east", "west", "away")) as monitor:
            await come("it listens", partial(monitor.has_begun))
            for name in ("east", "west"):
                await come(f"{name} is watched", partial(_sees_one, monitor, name))
            await apart(partial(_numbers, monitor))
            await apart(partial(_commands, monitor, capsys))


def _sees_one(monitor: SeveralMonitors, engine: str) -> bool:
    row = monitor.standing(engine)
    return (row["stage"], row["containers"], row["not_ready"]) == ("watching", 1, "")


def _numbers(monitor: SeveralMonitors) -> None:
    """One valid page, on which no series stands twice."""
    families = list(text_string_to_metric_families(monitor.raw_metrics()))
    samples = [sample for family in families for sample in family.samples]
    keys = {(sample.name, frozenset(sample.labels.items())) for sample in samples}
    assert len(keys) == len(samples)
    up = {each.labels["engine"]: each.value for each in samples if each.name == "reactor_engine_up"}
    assert up == {"east": 1, "west": 1, "away": 0}
    ready = {each.labels["engine"] for each in samples if each.name == "reactor_ready"}
    assert ready == {"east", "west"}
    named = {each.name for each in ENGINES}
    for sample in samples:
        if "engine" not in sample.labels:
            assert sample.name.startswith(OF_PROCESS), sample
        else:
            assert not is_process(sample.name) or sample.name in named, sample


def _commands(monitor: SeveralMonitors, capsys: pytest.CaptureFixture[str]) -> None:
    def say(*arguments: str) -> tuple[int, str]:
        code = main(arguments)
        said = capsys.readouterr()
        return code, said.out + said.err

    control = ("--control", str(monitor.control))
    code, said = say("status", *control)
    assert (code, said.splitlines()[:2]) == (0, ["engine east: ready", "engine west: ready"])
    assert "engine away: GET /version" in said
    code, said = say("status", *control, "--engine", "west")
    assert (code, said.startswith("engine "), "ready" in said) == (0, True, True)
    code, said = say("explain", "of-west", *control, "--engine", "west")
    assert (code, said.splitlines()[0].split()[0]) == (0, "of-west")
    code, said = say("explain", "of-west", *control, "--engine", "east")
    assert (code, said) == (1, "no container is known as of-west\n")
    code, said = say("explain", "of-west", *control)
    assert code == 1
    assert "name one with --engine: east, west, away" in said
    code, said = say("status", *control, "--engine", "north")
    assert (code, "watches no engine called north, but east, west, away" in said) == (2, True)
    assert say("health", *control) == (0, "healthy\n")
    assert say("health", *control, "--engine", "east", "--ready") == (0, "ready\n")
    assert say("health", *control, "--engine", "away", "--ready")[0] == 1
    url = f"http://{monitor.address}"
    code, said = say("top", "--once", "--url", url, "--engine", "east")
    assert (code, "of-east" in said, "of-west" in said) == (0, True, False)
    code, said = say("status", "--control", f"{url}/engines/none")
    assert code == 1
