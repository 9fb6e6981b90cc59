"""What docs/engines.md shows of several engines can be written so, and means what is said there."""

import shlex
import shutil
from pathlib import Path

import pytest

from reactor.app.configuration import checked
from reactor.app.engines import engines_meant
from reactor.app.enginetext import EngineText
from reactor.app.options import parser
from reactor.app.settings import Profile
from reactor.ruleset.document import read_document
from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs" / "engines.md"
TLS = ROOT / "tests" / "http" / "tls"


def text(kind: str) -> str:
    (found,) = (each.text for each in blocks(PAGE) if each.kind == kind)
    return found


def test_the_command_line_names_two() -> None:
    _, *arguments = shlex.split(text("console").removeprefix("$ "))
    found = engines_meant(parser().parse_args(arguments), {})
    assert [each.name for each in found] == ["jobs", "build"]


def test_the_file_has_two_of_which_one_differs_in_all_that_can_differ(tmp_path: Path) -> None:
    for ours, theirs in (("ca", "ca"), ("client", "cert"), ("client-key", "key")):
        shutil.copy(TLS / f"{ours}.pem", tmp_path / f"{theirs}.pem")
    path = tmp_path / "c.yaml"
    path.write_text(text("yaml").replace("/etc/reactor/build", str(tmp_path)))
    jobs, build = engines_meant(parser().parse_args(["run", "--config", str(path)]), {})
    assert (jobs.name, build.name) == ("jobs", "build")
    assert (build.settings.dry_run, build.settings.profile) == (True, Profile.STREAMS)
    assert (jobs.settings.dry_run, jobs.settings.profile) == (False, Profile.NORMAL)
    _, written = checked(read_document(path.read_text()), "c.yaml").engines
    assert written.model_fields_set == EngineText.model_fields.keys() - {"tls_insecure"}


@pytest.mark.parametrize("key", EngineText.model_fields)
def test_every_key_of_an_entry_has_its_row(key: str) -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert any(f"`{key}`" in row.split("|")[1] for row in rows)
