"""``reactor fmt`` changes how a rule file looks, and never what it says."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings

from reactor.ruleset.commented import comments
from reactor.ruleset.layout import laid_out
from reactor.ruleset.reading import read_rules
from tests.core.written import LANGUAGE
from tests.ruleset.test_documented import BLOCKS, ROOT
from tests.ruleset.written import rule_files

SHIPPED = [file for file in sorted((ROOT / "rules").glob("*.yaml")) if not file.name.endswith(".test.yaml")]

BEFORE = """\
%YAML 1.2
--- # start
groups:   # the groups


  # about g
  - rules:

      # about r
      - when:   pids>200&&(name=="x")   # cond
        name: r   # its name

        # why dry
        dry_run: True
        summary: "more than 200"
        # the last of r
      - {name: s, on: oom, severity: 'info'}   # in brackets
      - name: t
        description: >
          A long text that goes on
          and on.

          Second.
        # about when
        when: >   # header
          memory > 80%
           || (pids > 200 && age>12h) || labels["some-very-long-label"] in ["a value", "another one", "third"]
        exceptions: [{name: x, fields: [name,   # of the container
           image], values: []}]
      # the last of rules
    name: g
# the end
"""
AFTER = """\
# start
groups:  # the groups
  # about g
  - name: g
    rules:
      # about r
      - name: r  # its name
        summary: more than 200
        when: pids > 200 && name == "x"  # cond

        # why dry
        dry_run: true
        # the last of r
      - {name: s, severity: info, on: oom}  # in brackets
      - name: t
        description: >
          A long text that goes on and on.

          Second.
        # about when
        when: >-  # header
          memory > 80%
          || pids > 200 && age > 12h
          || labels["some-very-long-label"] in ["a value", "another one", "third"]
        exceptions:
          - name: x
            fields:
              - name
              # of the container
              - image
            values: []
      # the last of rules
# the end
"""


def digests(text: str) -> list[str]:
    read = read_rules("r.yaml", text, LANGUAGE)
    assert not read.errors
    return [rule.digest for rule in read.rules]


def check(text: str) -> None:
    """The layout says the same, with the same comments, and is its own layout."""
    once = laid_out(text, LANGUAGE)
    assert digests(once) == digests(text)
    assert sorted(comments(once)) == sorted(comments(text))
    assert laid_out(once, LANGUAGE) == once
    assert all(line == line.rstrip() for line in once.split("\n"))
    assert once.endswith("\n")


def test_everything_at_once() -> None:
    assert laid_out(BEFORE, LANGUAGE) == AFTER
    check(BEFORE)


@pytest.mark.parametrize("file", SHIPPED, ids=[file.name for file in SHIPPED])
def test_shipped_files_are_laid_out(file: Path) -> None:
    """What we ship is in the layout that we ask for."""
    assert laid_out(file.read_text(), LANGUAGE) == file.read_text()


@pytest.mark.parametrize("block", BLOCKS)
def test_documented(block: str) -> None:
    check(block)


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_line_endings(ending: str) -> None:
    """A file from another system is laid out as any other."""
    assert laid_out(AFTER.replace("\n", ending), LANGUAGE) == laid_out(AFTER, LANGUAGE)


@settings(max_examples=40, deadline=None)
@given(rule_files())
@example(BEFORE)
def test_any_file(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    ("written", "laid"),
    [
        ("'ci-*'", "ci-*"),
        ('"*:dev"', '"*:dev"'),
        ("'a \"b\"'", 'a "b"'),
        ("'\"b\" a'", "'\"b\" a'"),
        ('"a: b"', '"a: b"'),
        ('"a # b"', '"a # b"'),
        ("'true'", '"true"'),
        ("''", '""'),
        ('"a\\tb"', '"a\\tb"'),
        ('"\\u2028"', '"\\u2028"'),
        ("a\n          b", "a b"),
    ],
)
def test_quotes(written: str, laid: str) -> None:
    """Quotes stand where they are needed."""
    text = "groups:\n  - name: g\n    rules:\n      - name: r\n        summary: {}\n        on: oom\n"
    assert laid_out(text.replace("{}", written), LANGUAGE) == text.replace("{}", laid)


def test_comment_before_the_first_of_a_list() -> None:
    """Lists need not be indented, and a comment before the first item is before it all the same."""
    text = "groups:\n  # about g\n- name: g\n  rules:\n    # about r\n  - {name: r, on: oom}\n"
    assert laid_out(text, LANGUAGE) == (
        "groups:\n  # about g\n  - name: g\n    rules:\n      # about r\n      - {name: r, on: oom}\n"
    )


def test_comments_of_neighbours_are_aligned() -> None:
    text = "groups:\n  - name: g  # a\n    rules: # b\n      - name: r # c\n        on: oom\n"
    laid = laid_out(text, LANGUAGE)
    assert [line.find("#") for line in laid.splitlines()] == [-1, 17, 17, 17, -1]
