"""The wheel in an environment where nothing else is: it installs, and works as it does from a checkout.

It is built and installed once, at the versions of `constraints.txt`; packages come from where pip gets them.
"""

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPENDENCIES = ROOT / "docs" / "dependencies.md"
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
CONSTRAINED = {**os.environ, "PIP_CONSTRAINT": str(ROOT / "constraints.txt"),
               "PIP_BUILD_CONSTRAINT": str(ROOT / "constraints.txt")}  # fmt: skip
BARE = {"PATH": "/usr/bin:/bin"}

pytestmark = pytest.mark.xdist_group("wheel")


def done(command: Sequence[str | Path], env: Mapping[str, str], cwd: Path) -> str:
    ended = subprocess.run(
        command, capture_output=True, text=True, env=env, cwd=cwd, timeout=280, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel, what it needs, and nothing else: not even `pip`."""
    folder = tmp_path_factory.mktemp("wheel")
    done((*PIP, "wheel", "--no-deps", "--wheel-dir", folder, ROOT), CONSTRAINED, folder)
    (wheel,) = folder.glob("reactor-*.whl")
    made = folder / "environment"
    done((sys.executable, "-m", "venv", "--without-pip", made), BARE, folder)
    done((*PIP, "--python", made / "bin/python", "install", "--no-compile", wheel), CONSTRAINED, folder)
    return made


def test_it_runs_by_its_name_and_as_a_module(environment: Path, tmp_path: Path) -> None:
    by_name = done((environment / "bin/reactor", "--version"), BARE, tmp_path)
    as_module = done((environment / "bin/python", "-m", "reactor", "--version"), BARE, tmp_path)
    assert by_name == as_module == "reactor 0.1.0\n"


def test_the_shipped_rules_the_completion_and_the_man_page_are_there(
    environment: Path, tmp_path: Path
) -> None:
    (rules,) = environment.glob("lib/python*/site-packages/reactor/shipped/rules")
    assert json.loads(done((environment / "bin/reactor", "check", "--json", rules), BARE, tmp_path))["ok"]
    assert "_shtab_reactor" in done((environment / "bin/reactor", "completion", "bash"), BARE, tmp_path)
    page = environment / "share/man/man1/reactor.1"
    assert page.read_text() == (ROOT / "docs" / "reactor.1").read_text()


def test_the_demo_shows_itself_and_its_page(environment: Path, tmp_path: Path) -> None:
    """For a moment: until the monitor watches and its page is there."""
    demo = subprocess.Popen(
        [environment / "bin/reactor", "demo"], stdout=subprocess.PIPE, text=True,
        env={**BARE, "PYTHONUNBUFFERED": "1", "TMPDIR": str(tmp_path)}, cwd=tmp_path,
    )  # fmt: skip
    with demo:
        try:
            assert demo.stdout is not None
            shown = ""
            while "watches" not in shown:
                line = demo.stdout.readline()
                assert line, shown
                shown += line
            (address,) = re.findall(r"page +(http://\S+/)", shown)
            asked = urllib.request.Request(address, headers={"Accept": "text/html"})  # noqa: S310
            with urllib.request.urlopen(asked, timeout=20) as answer:  # noqa: S310
                assert b"<!doctype html>" in answer.read().lower()
        finally:
            demo.terminate()
    assert demo.returncode == 128 + 15
    assert [*tmp_path.iterdir()] == []


def test_it_brings_along_as_many_packages_as_the_documents_say(environment: Path) -> None:
    (folder,) = environment.glob("lib/python*/site-packages")
    names = {each.name for each in distributions(path=[str(folder)])} - {"reactor"}
    (said,) = re.findall(r"reactor needs (\d+) packages", DEPENDENCIES.read_text())
    assert len(names) == int(said), sorted(names)
