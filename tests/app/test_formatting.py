"""``reactor fmt``: files are replaced in one step, checked or shown."""

import os
from pathlib import Path

import pytest

from reactor.app.cli import main

CRAMPED = "groups:\n- name: g\n  rules:\n  - {when: age>1h,   name: r}\n"
NEAT = "groups:\n  - name: g\n    rules:\n      - {name: r, when: age > 1h}\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("r.yaml")
    path.write_text(CRAMPED)
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["fmt", *arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_written_once(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file is written anew with its mode, nothing is left beside it, and then it is right."""
    file.chmod(0o640)
    assert run(capsys, ".") == (0, "r.yaml\n", "1 of 1 file written anew\n")
    assert file.read_text() == NEAT
    assert file.stat().st_mode & 0o7777 == 0o640
    inode = file.stat().st_ino
    assert run(capsys, "r.yaml") == (0, "", "0 of 1 file written anew\n")
    assert file.stat().st_ino == inode
    assert [each.name for each in Path().iterdir()] == ["r.yaml"]


def test_link_stays_a_link(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("link.yaml").symlink_to("r.yaml")
    assert run(capsys, "link.yaml")[0] == 0
    assert Path("link.yaml").is_symlink()
    assert file.read_text() == NEAT


def test_check(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What would change is named, and stays."""
    assert run(capsys, "--check", "r.yaml") == (1, "r.yaml\n", "1 of 1 file would change\n")
    assert file.read_text() == CRAMPED
    file.write_text(NEAT)
    assert run(capsys, "--check", "r.yaml") == (0, "", "0 of 1 file would change\n")


def test_diff(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What would change is shown, and stays."""
    code, out, _ = run(capsys, "--diff", "r.yaml")
    assert code == 0
    assert out.splitlines()[:2] == ["--- r.yaml", "+++ r.yaml"]
    assert "-  - {when: age>1h,   name: r}" in out.splitlines()
    assert "+      - {name: r, when: age > 1h}" in out.splitlines()
    assert file.read_text() == CRAMPED
    assert run(capsys, "--diff", "--check", "r.yaml")[0] == 1
    assert file.read_text() == CRAMPED


def test_mistakes_are_named_and_the_others_written(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file with mistakes is left alone; a site's file is formatted without the one that it changes."""
    Path("a.yaml").write_text(CRAMPED.replace("age>1h", "'ag>1h'"))
    Path("site.yaml").write_text(CRAMPED.replace("name: r", "name: r, override: replace"))
    code, out, err = run(capsys, ".")
    assert (code, out) == (1, "r.yaml\nsite.yaml\n")
    assert err.splitlines()[0].startswith("a.yaml:4:13: unknown name 'ag'")
    assert err.splitlines()[-1] == "2 of 3 files written anew, 1 mistake"
    assert "'ag>1h'" in Path("a.yaml").read_text()
    assert file.read_text() == NEAT


def test_full_disk(file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """If the new text cannot be written, the old one is still there, and alone."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, out, err = run(capsys, "r.yaml")
    assert (code, out) == (1, "")
    assert err.splitlines()[0] == "r.yaml: this cannot be written: No space left on device"
    assert file.read_text() == CRAMPED
    assert os.listdir() == ["r.yaml"]
