"""What the doctor says of several engines: each line about one has its name, the host's are said once."""

import json
from collections import Counter
from pathlib import Path

import pytest
import trio

from reactor.app.checkups import OF_ENGINES, checkups
from reactor.app.doctor import document, examined, page
from reactor.app.kernelcheckups import containment, fast_lane, kernel_log
from reactor.app.options import parser
from reactor.app.patient import Finding, Patient, Verdict
from reactor.cgroups.abilities import Abilities
from reactor.cgroups.mounts import Trees
from reactor.testing.api import serve_world
from reactor.testing.world import World


@pytest.fixture(autouse=True)
def probed(monkeypatch: pytest.MonkeyPatch) -> list[Trees]:
    """Whenever the kernel is asked what it lets us do."""
    asked: list[Trees] = []

    def probe(trees: Trees) -> Abilities:
        asked.append(trees)
        return Abilities()

    monkeypatch.setattr("reactor.app.patient.probe_alone", probe)
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    return asked


async def seen(folder: Path, *arguments: str) -> list[Finding]:
    """What is found with an engine at ``here.sock`` and none at ``away.sock``."""
    async with trio.open_nursery() as nursery:
        await nursery.start(serve_world, World(), folder / "here.sock")

        def examine() -> list[Finding]:
            return [*examined(Patient(parser().parse_args(["doctor", *arguments]), Trees()))]

        found = await trio.to_thread.run_sync(examine)
        nursery.cancel_scope.cancel()
    return found


def configured(folder: Path) -> Path:
    path = folder / "c.yaml"
    path.write_text(
        f"listen: 'off'\nengines:\n"
        f"  - {{name: away, host: 'unix://{folder}/away.sock', journal: {folder}/away.db}}\n"
        f"  - {{name: here, host: 'unix://{folder}/here.sock', journal: {folder}/here.db, dry_run: true}}\n"
    )
    return path


async def test_each_engine_has_its_lines_and_what_is_the_hosts_is_said_once(
    tmp_path: Path, probed: list[Trees]
) -> None:
    found = await seen(tmp_path, "--config", str(configured(tmp_path)))
    engines = {each.engine: each for each in found if each.name == "engine"}
    assert {name: each.verdict for name, each in engines.items()} == {
        "away": Verdict.FAILED,
        "here": Verdict.OK,
    }
    assert f"unix://{tmp_path}/here.sock" in engines["here"].said
    times = Counter((each.name, bool(each.engine)) for each in found)
    for once in ("configuration", "rules", "port", "oom score", "runs", "data"):
        assert (times[once, False], times[once, True]) == (1, 0), once
    for both in ("engine", "journal", "fast lane", "slip", "monitors"):
        assert (times[both, False], times[both, True]) == (0, 2), both
    assert times["rights", True] == 1, "of who does not answer nothing more can be asked"
    assert {each.said.split()[0] for each in found if each.name == "journal"} == {
        f"{tmp_path}/away.db",
        f"{tmp_path}/here.db",
    }
    dry = {each.engine for each in found if each.name == "slip" and "nobody is ended directly" in each.said}
    assert dry == {"here"}
    assert len(probed) == 1


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("tcp://127.0.0.1:1", "only those at a socket of this machine"),
        ("ssh://-", ""),
        ("ssh://no.such", "behind ssh"),
    ],
)
def test_what_the_kernel_lets_us_do_is_not_said_of_an_engine_that_may_be_elsewhere(
    host: str, said: str
) -> None:
    """Also while it does not answer, and nothing but its address is known."""
    patients = Patient(parser().parse_args(["doctor", "--docker-host", f"a={host}"]), Trees())
    (each,) = patients.engines
    each.__dict__["engine"] = None
    if not said:
        assert each is patients, "an address that is none is a finding, and no engine"
        return
    for check in (fast_lane, containment, kernel_log):
        assert said in "".join(found.said for found in check(each)), check


async def test_the_name_stands_in_front_and_in_a_key_of_its_own(tmp_path: Path) -> None:
    found = await seen(tmp_path, "--config", str(configured(tmp_path)))
    lines = [*page(found, 80)]
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("ok        here: engine ") for line in lines)
    assert any(line.startswith("failed    away: engine ") for line in lines)
    assert any(line.startswith("ok        configuration ") for line in lines)
    told = json.loads(json.dumps(document(found)))
    assert {each["engine"] for each in told["checks"]} == {"", "away", "here"}
    assert not told["ok"]


async def test_one_without_a_name_is_shown_as_it_always_was(tmp_path: Path) -> None:
    found = await seen(tmp_path, "--docker-host", f"unix://{tmp_path}/here.sock")
    assert {each.engine for each in found} == {""}
    assert next(each for each in found if each.name == "engine").title == "engine"
    named = await seen(tmp_path / ".", "--docker-host", f"one=unix://{tmp_path}/here.sock")
    assert {each.engine for each in named} == {"", "one"}


async def test_engines_that_cannot_be_together_are_one_finding_and_the_rest_is_looked_at(
    tmp_path: Path,
) -> None:
    host = f"unix://{tmp_path}/here.sock"
    found = await seen(tmp_path, "--docker-host", f"a={host}", "--docker-host", f"b={host}")
    (engine,) = [each for each in found if each.name == "engine"]
    assert (engine.verdict, engine.engine) == (Verdict.FAILED, "")
    assert engine.said.startswith(f"a and b are one engine, at {host}")
    assert {"configuration", "rules", "oom score"} <= {each.name for each in found}


def test_every_check_up_of_an_engine_is_one_of_all() -> None:
    assert {*checkups()} >= OF_ENGINES
