"""Which files are read, in which order, and what is said when one cannot be."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reactor.ruleset import BadRules, RuleError, load

NOBODY = 65_534
HOW = "write 'override: replace' or 'override: append' in what is to change it"


def write(file: Path, group: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"groups:\n  - name: {group}\n    rules:\n      - name: r\n        when: pids > 200\n")
    return file


def errors(*paths: Path) -> tuple[RuleError, ...]:
    with pytest.raises(BadRules) as refused:
        load(paths)
    return refused.value.errors


def message(path: Path) -> str:
    (error,) = errors(path)
    assert (error.file, error.line, error.column) == (str(path), 0, 0)
    assert str(error) == f"{path}: {error.message}"
    return error.message


def groups(*paths: Path) -> list[str]:
    return [rule.name.partition("/")[0] for rule in load(paths).rules]


@contextmanager
def without_permission() -> Iterator[None]:
    """Be nobody for a while, if we are root, whom no file refuses anything."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a folder that everybody can look into, other than those that pytest makes."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_order(tmp_path: Path) -> None:
    """Folders are read in alphabetical order, files in the order in which they are named."""
    write(tmp_path / "b.yaml", "b")
    write(tmp_path / "a" / "z.yml", "a-z")
    write(tmp_path / "c.yaml", "c")
    assert groups(tmp_path) == ["a-z", "b", "c"]
    assert groups(tmp_path / "c.yaml", tmp_path / "b.yaml") == ["c", "b"]


def test_what_is_left_out(tmp_path: Path) -> None:
    """Tests of rules, hidden copies and other files are no rule files."""
    write(tmp_path / "a.yaml", "a")
    for other in ("a.test.yaml", "a.test.yml", ".a.yaml", "..data/a.yaml", "a.yaml~", "a.json", "README"):
        write(tmp_path / other, "a")
    assert groups(tmp_path) == ["a"]


def test_mounted_configuration(tmp_path: Path) -> None:
    """Links are followed, once: so does a cluster mount its configuration."""
    write(tmp_path / "..2026" / "a.yaml", "a")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    (tmp_path / "b.yaml").symlink_to("..data/a.yaml")
    (tmp_path / "again").symlink_to(".")
    assert groups(tmp_path, tmp_path / "a.yaml") == ["a"]


def test_a_file_named_directly_is_read_whatever_its_name(tmp_path: Path) -> None:
    """Who names a file means that file."""
    assert groups(write(tmp_path / "my.rules", "a")) == ["a"]


def test_byte_order_mark(tmp_path: Path) -> None:
    """A mark at the start of the file is no part of its text."""
    file = write(tmp_path / "a.yaml", "a")
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert groups(file) == ["a"]


def test_missing(tmp_path: Path) -> None:
    assert message(tmp_path / "x") == "there is no such file or folder: check the path"


def test_link_to_nowhere(tmp_path: Path) -> None:
    """A link in a folder that leads nowhere is not passed over in silence."""
    (tmp_path / "a.yaml").symlink_to("nowhere")
    assert message(tmp_path / "a.yaml").startswith("there is no such file")
    assert [error.file for error in errors(tmp_path)] == [str(tmp_path / "a.yaml")]


def test_link_to_itself(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to("a.yaml")
    assert message(tmp_path / "a.yaml").startswith("this cannot be read: ")


def test_empty_folder(tmp_path: Path) -> None:
    said = "there is no rule file in this folder: rule files end in .yaml or .yml"
    assert message(tmp_path) == said
    write(tmp_path / "a.test.yaml", "a")
    assert message(tmp_path) == said


def test_nothing_named() -> None:
    (error,) = errors()
    assert error.message == "no rule file was named: name a file or a folder"


def test_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"groups: \xff")
    assert message(tmp_path / "a.yaml") == "byte 8 is not UTF-8: save the file as UTF-8"


def test_neither_file_nor_folder(tmp_path: Path) -> None:
    """A pipe would make us wait for ever."""
    os.mkfifo(tmp_path / "a.yaml")
    assert message(tmp_path / "a.yaml") == "this is neither a file nor a folder"


def test_too_large(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"#" * (1024 * 1024 + 1))
    assert message(tmp_path / "a.yaml") == "this file is larger than 1024 KiB: is it a rule file?"


def test_no_permission(open_folder: Path) -> None:
    """What may not be read is said, be it a file, a folder or one on the way."""
    write(open_folder / "a.yaml", "a").chmod(0)
    write(open_folder / "sub" / "b.yaml", "b")
    (open_folder / "sub").chmod(0)
    with without_permission():
        found = errors(open_folder, open_folder / "sub" / "b.yaml")
    (open_folder / "sub").chmod(0o755)
    assert [error.file for error in found] == [
        str(open_folder / "a.yaml"),
        str(open_folder / "sub"),
        str(open_folder / "sub" / "b.yaml"),
    ]
    assert {error.message for error in found} == {
        "this cannot be read for lack of permission: let the monitor's user read it"
    }


def test_group_in_two_files(tmp_path: Path) -> None:
    """Rules are known by group and name, so a group has one place."""
    first, second = write(tmp_path / "a.yaml", "g"), write(tmp_path / "b.yaml", "g")
    (error,) = errors(tmp_path)
    assert str(error) == f"{second}:2:11: there is a group named 'g' already, at {first}:2: {HOW}"


def test_all_errors_of_all_files(tmp_path: Path) -> None:
    """One run reports everything, in the order of the files, with what could not be read among it."""
    write(tmp_path / "a.yaml", "A")
    write(tmp_path / "b.yaml", "g")
    (tmp_path / "c.yaml").write_bytes(b"\xff")
    write(tmp_path / "d.yaml", "g")
    found = errors(tmp_path, tmp_path / "nowhere")
    assert [Path(error.file).name for error in found] == ["a.yaml", "c.yaml", "d.yaml", "nowhere"]
    assert str(BadRules(found)) == "\n".join(str(error) for error in found)
