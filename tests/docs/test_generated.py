"""Pages that are made from the code are what the code says, and leave nothing out."""

import argparse
import re

import pytest

from reactor.app.cli import COMMANDS
from reactor.app.options import parser
from reactor.core.language.fields import FUNCTIONS, METHODS
from reactor.core.language.fields import NAMES as FIELDS
from reactor.core.rules import Trigger
from reactor.core.verbs import Action
from reactor.ruleset import meanings, wording
from reactor.ruleset.models import RuleText, keys_of
from tools.write_docs import DOCS, GENERATED

RULES = (DOCS / "reference" / "rules.md").read_text()
CLI = (DOCS / "reference" / "cli.md").read_text()


@pytest.mark.parametrize("name", GENERATED)
def test_the_page_is_what_the_code_says(name: str) -> None:
    """`make docs` writes it anew."""
    assert (DOCS / name).read_text() == GENERATED[name]()


def test_no_word_of_the_language_is_without_words_for_people() -> None:
    assert set(meanings.NAMES) == set(FIELDS)
    assert set(wording.FUNCTIONS) == set(FUNCTIONS)
    assert set(wording.METHODS) == set(METHODS)
    assert set(wording.TRIGGERS) == set(Trigger)
    assert set(wording.ACTIONS) == set(Action)


@pytest.mark.parametrize("row", [*FIELDS, *keys_of(RuleText), *Trigger, *Action])
def test_every_word_of_a_rule_file_has_its_row(row: str) -> None:
    assert re.search(rf"^\| `{row}` \|", RULES, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_part(command: str) -> None:
    assert f"\n## {command}\n" in CLI


def test_every_option_has_its_row() -> None:
    options = {option for command in _below(parser()) for option in command._option_string_actions}
    for option in options - {"-h", "--help", "--version"}:
        assert f"`{option}`" in CLI


def _below(top: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    actions = [each for each in top._actions if isinstance(each, argparse._SubParsersAction)]
    return [top, *(found for each in actions for below in each.choices.values() for found in _below(below))]
