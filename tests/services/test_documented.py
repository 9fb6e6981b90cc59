"""The page about services: what it names is there, and what it says in numbers is so."""

import re

import pytest

from reactor.app.options import parser
from reactor.app.survival import SCORE
from reactor.app.systemd.reporting import MORE_TIME
from reactor.app.systemd.working import BESIDE_PERIOD, TICKS_APART
from tests.services.files import COMPOSE, ROOT, command, services, unit

PAGE = ROOT / "docs" / "services.md"
TEXT = PAGE.read_text()


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\bdeploy/[\w./]+[\w]", TEXT)) - {"deploy/proxy"}))
def test_files_that_are_named_are_there(path: str) -> None:
    assert (ROOT / path).exists()


def test_links_lead_somewhere() -> None:
    for name in re.findall(r"\]\((\w[\w-]*\.md)", TEXT):
        assert (PAGE.parent / name).exists(), name


def test_commands_are_commands() -> None:
    (reload,) = unit()["ExecReload"]
    assert " ".join(command(reload)) in TEXT
    (options,) = re.findall(r'RUN_OPTIONS="(.*)"', TEXT)
    assert parser().parse_args(["run", *options.split()]).dry_run
    assert (COMPOSE / ".env.example").exists()


def test_numbers_are_those_of_the_code() -> None:
    assert f"OOMScoreAdjust={SCORE}" in TEXT
    assert f"(within {TICKS_APART:g} s)" in TEXT
    assert BESIDE_PERIOD == 60, "two periods and a minute"
    assert f"EXTEND_TIMEOUT_USEC={MORE_TIME * 1e6:.0f}" in TEXT
    assert f"The watchdog** ({unit()['WatchdogSec'][0].removesuffix('s')} s)" in TEXT


def test_every_address_of_the_compose_file_is_told() -> None:
    told = set(re.findall(r"http://127\.0\.0\.1:(\d+)", TEXT))
    published = {
        each.rsplit(":", 1)[1] for service in services().values() for each in service.get("ports", [])
    }
    assert told == published
