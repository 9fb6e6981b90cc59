"""``reactor stack`` on a real engine: up, up again, one service changed, killed in the middle, down."""

import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from reactor.app.cli import main
from tests.real.monitor import clean_environment, program
from tests.real.truth import Truth
from tests.real.waiting import until
from tests.tooling.containers import Containers
from tools.private_engine import TEST_IMAGE

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "shop.yaml"


@dataclass(frozen=True, slots=True)
class Hands:
    """The program, with a file of its own. ``name`` is the stack's."""

    containers: Containers
    capsys: pytest.CaptureFixture[str]
    folder: Path
    name: str

    @property
    def file(self) -> Path:
        """The stack's file."""
        return self.folder / "stack.yaml"

    @property
    def data(self) -> Path:
        """Where its data lies."""
        return self.folder / "data"

    def write(self, *changes: tuple[str, str]) -> None:
        """The example of the documents with a name and an image of ours, and with these changes."""
        text = EXAMPLE.read_text()
        given = (("busybox:1.36", TEST_IMAGE), ("name: shop", f"name: {self.name}"), ("1s", "300ms"))
        for old, new in (*given, *changes):
            assert old in text
            text = text.replace(old, new)
        self.file.write_text(text)

    def command(self, verb: str) -> tuple[str, ...]:
        """The words of a command."""
        where = ("--docker-host", self.containers.docker_host, "--data-root", str(self.data))
        return ("stack", verb, str(self.file), *where)

    def begin(self, verb: str) -> "subprocess.Popen[bytes]":
        """Start a command as a process of its own."""
        return subprocess.Popen(
            program(*self.command(verb)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=clean_environment(),
        )

    def give(self, verb: str) -> tuple[int, str]:
        """Carry out a command here, which saves its start: its exit code, and all that it said."""
        self.capsys.readouterr()
        code = main(self.command(verb))
        said = self.capsys.readouterr()
        return code, said.out + said.err

    def ids(self) -> dict[str, str]:
        """The containers of the services, as the engine lists them."""
        filters = {"label": f"reactor.stack={self.name}"}
        found = self.containers.client.api.containers(all=True, filters=filters)
        return {each["Labels"]["reactor.template"]: each["Id"] for each in found}


@contextmanager
def stack(containers: Containers, capsys: pytest.CaptureFixture[str], folder: Path) -> Iterator[Hands]:
    """A stack's file; whatever is left of it goes at the end."""
    hands = Hands(containers, capsys, folder, f"st-{uuid.uuid4().hex[:8]}")
    hands.data.mkdir()
    hands.write()
    try:
        yield hands
    finally:
        containers.ids += hands.ids().values()


def test_a_stack_comes_up_stays_as_it_is_changes_in_part_survives_a_crash_and_goes(
    containers: Containers,
    capsys: pytest.CaptureFixture[str],
    truth: Truth,
    tmp_path: Path,
    measured: Callable[[str], None],
) -> None:
    with stack(containers, capsys, tmp_path) as hands:
        began = time.monotonic()
        code, said = hands.give("up")
        measured(
            f"reactor stack up, three services, the first with a health check: {time.monotonic() - began:.2f}"
        )
        assert (code, said.splitlines()[-1]) == (0, f"stack {hands.name} is up: 3 created"), said
        first = hands.ids()
        until(lambda: all(truth.events(each, "start") for each in first.values()), 10, "it is told, too")
        started = {name: truth.events(each, "start")[0].nano for name, each in first.items()}
        assert started["db"] < started["web"], "who is needed comes first"
        (kept,) = hands.data.glob(f"tasks/{hands.name}-web-*/db/began")
        text = kept.read_text()

        # Again: nothing happens.
        heard = {name: truth.events(each) for name, each in first.items()}
        code, said = hands.give("up")
        assert (code, said.splitlines()[-1]) == (0, f"stack {hands.name} is up: 3 unchanged"), said
        assert hands.ids() == first
        assert {name: truth.events(each) for name, each in first.items()} == heard

        # One is changed, and it alone is another one.
        hands.write(("environment: {", "environment: {MORE: x, "))
        code, said = hands.give("up")
        assert (code, said.splitlines()[-1]) == (0, f"stack {hands.name} is up: 2 unchanged, 1 recreated"), (
            said
        )
        second = hands.ids()
        assert {name for name in first if first[name] != second[name]} == {"jobs"}
        assert {name: truth.events(second[name]) for name in ("db", "web")} == {
            name: heard[name] for name in ("db", "web")
        }

        # Killed when the first one is gone: the next one comes to the same.
        hands.write(("retries: 10", "retries: 11"))
        process = hands.begin("up")
        try:
            until(lambda: truth.events(second["db"], "destroy"), 40, "the changed one is removed")
        finally:
            process.kill()
            process.wait()
        code, said = hands.give("up")
        assert (code, "FAILED" in said) == (0, False), said
        code, said = hands.give("status")
        assert (code, said.count("as in the file")) == (0, 3), said
        third = hands.ids()
        assert {name for name in second if third[name] != second[name]} == {"db", "web", "jobs"}, (
            "jobs as at first"
        )

        code, said = hands.give("down")
        assert (code, said.count(": removed")) == (0, 3), said
        assert all(truth.inspect(each) is None for each in third.values())
        assert kept.read_text() == text, "data outlives containers"
