"""What runs the pages can fail: by a page that shows something else, by a command that goes wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs import pages, playing, terminal
from tests.docs.matching import agrees, appears
from tests.docs.pages import anchors, blocks
from tests.docs.playing import Play
from tests.docs.terminal import Terminal

FENCE = "```"


@pytest.fixture(scope="module")
def shell() -> Iterator[Terminal]:
    with Terminal() as made:
        yield made


def play(text: str, folder: Path, shell: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    page = folder / "page.md"
    page.write_text(text.replace("~~~", FENCE))
    monkeypatch.setattr(pages, "ROOT", folder)
    Play(page, shell).perform()


@pytest.mark.parametrize(
    "text",
    [
        "~~~console\n$ echo a\na\n$ echo b\nb\n~~~\n",
        "~~~console\n$ echo a \\\n    b\na b\n~~~\n",
        "<!-- exit code: 3 -->\n~~~console\n$ echo a; (exit 3)\na\n~~~\n",
        "<!-- numbers vary -->\n~~~console\n$ echo it took 7.5 s of 90%\nit took 312ms of 4%\n~~~\n",
        "<!-- file: a.yaml -->\n~~~yaml\na: 1\n~~~\n\n~~~console\n$ cat a.yaml\na: 1\n~~~\n",
        "<!-- scene\nstate=kept\n-->\n~~~console\n$ echo $state\nkept\n~~~\n",
        "<!-- not run: no -->\n~~~sh\nfalse\n~~~\n",
        "<!-- in another terminal -->\n~~~console\n$ sh -c 'echo a; echo b; exec sleep 60'\nb\n~~~\n",
    ],
)
def test_a_page_that_shows_what_comes(
    text: str, tmp_path: Path, shell: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    play(text, tmp_path, shell, monkeypatch)


@pytest.mark.parametrize(
    "text",
    [
        "~~~console\n$ echo a\nb\n~~~\n",
        "~~~console\n$ echo a\n~~~\n",
        "~~~console\n$ echo pids 201\npids 200\n~~~\n",
        "<!-- numbers vary -->\n~~~console\n$ echo ended 7\nalive 7\n~~~\n",
        "~~~sh\nfalse\n~~~\n",
        "<!-- exit code: 3 -->\n~~~sh\ntrue\n~~~\n",
        "<!-- scene\nfalse\n-->\n",
        "<!-- in another terminal -->\n~~~console\n$ echo a\nb\n~~~\n",
    ],
)
def test_a_page_that_shows_something_else(
    text: str, tmp_path: Path, shell: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(playing, "_SOON", 0.3)
    with pytest.raises(AssertionError):
        play(text, tmp_path, shell, monkeypatch)


def test_a_command_that_does_not_end_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    with Terminal() as shell:
        # From now on: what it does at its own beginning takes what it takes.
        monkeypatch.setattr(terminal, "LONGEST", 0.3)
        with pytest.raises(AssertionError, match="not over within"):
            shell.run("sleep 60")


def test_ids_and_moments_may_differ_and_words_may_not() -> None:
    assert agrees(["a 6da54d9f17cdc0df 2026-11-22T05:12:51Z"], "a 0123456789abcdef 2027-01-01T00:00:00.5Z\n")
    assert agrees(["a", "…", "b"], "a\nx\ny\nb\n")
    assert not agrees(["a", "…", "b"], "a\nx\n")
    assert not agrees(["a deadline"], "a lifeline\n")
    assert appears(["… b …"], "a\nx b y\n")
    assert not appears(["… b …", "… a …"], "x a y\nx b y\n")


def test_headings_are_what_forges_make_of_them(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A `b`: [c](d.md)?\n\n## A\n\n## A\n\n~~~sh\n# no heading\n~~~\n".replace("~~~", FENCE))
    assert anchors(page) == {"a-b-c", "a", "a-1"}
    assert [block.kind for block in blocks(page)] == ["sh"]
