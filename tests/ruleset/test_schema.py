"""The JSON Schema for editors accepts what is right and refuses wrong shapes."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from reactor.app.cli import main
from reactor.core.rules import Trigger
from reactor.ruleset.models import RULE_FILE, keys_of
from reactor.ruleset.schema import DIALECT, json_schema
from tests.ruleset.json_schema import refusals
from tests.ruleset.test_documented import BLOCKS, ROOT

SCHEMA = json_schema()
SHIPPED = [file for file in sorted((ROOT / "rules").glob("*.yaml")) if not file.name.endswith(".test.yaml")]
SITE = """
groups:
  - name: safety
    override: append
    select: [{label: team}]
    rules:
      - {name: lifetime, override: replace, soft: {when: age > 2h}}
      - name: pids
        exceptions: [{name: long, override: append, values: [[a]]}]
      - {name: m, when: memory > 1GiB, victims: least age, then: [{stop: {grace: 5s}}, stop, {stop: }]}
      - {name: n, on: oom, limit: 5}
"""


def as_an_editor_reads(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


SIDECARS = re.findall(
    r"^```yaml\n(.*?)^```", (ROOT / "docs" / "sidecars.md").read_text(), re.DOTALL | re.MULTILINE
)
SPELLINGS = """
templates:
  a:
    image: a
    command: [sleep, 5]
    environment: {A: 5432, B: x}
    labels: [a=b]
    user: 999
    mem_limit: 8388608
    cpus: 0.5
    ports: [80, "81:81"]
    volumes: ["/a:/b", {type: bind, source: /a, target: /c}]
    depends_on: [b]
    restart: false
    healthcheck: {disable: true}
    deploy: {resources: {limits: {pids: 7}}}
    x-reactor: {folders: {pg: {owner: "1:1", mode: "0700", shared: true}}, ready_within: 1m30s}
  b: {image: b, pids_limit: 7, restart: "no", network_mode: main}
  c: {image: c, depends_on: {b: {condition: service_healthy}}}
sidecars: [{name: s, asked: true, templates: [a, b]}]
"""


@pytest.mark.parametrize(
    "text", [*BLOCKS, *SIDECARS, SPELLINGS, *(file.read_text() for file in SHIPPED), SITE]
)
def test_what_is_right_is_accepted(text: str) -> None:
    """Shipped files, every example of the documentation, and a site's own file."""
    assert refusals(SCHEMA, as_an_editor_reads(text)) == []


@pytest.mark.parametrize(
    "name",
    [
        "action-outdated", "action-unknown", "blind-for-nothing/", "cooldown-is-list",
        "defaults-condition", "defaults-is-list", "defaults-unknown-key", "dry-run-yes",
        "exception-field-label", "exception-is-map", "exception-name-missing", "exception-unknown-key",
        "exception-value-is-text", "exceptions-empty", "file-is-list", "for-without-unit",
        "group-name-missing", "group-only-name", "groups-empty", "groups-missing", "hard-unknown-key",
        "keep-for-no-duration", "limit-fraction", "limit-percentage", "limit-zero", "name-missing",
        "name-too-long", "name-with-capitals", "override-unknown", "rule-is-text", "rules-empty",
        "rules-is-map", "rules-missing", "select-empty", "select-is-map", "selector-empty",
        "selector-is-text", "severity-unknown", "soft-alone", "soft-is-text", "soft-without-value",
        "summary-is-map", "then-empty", "then-is-text", "then-limit-no-pids", "then-limit-truth",
        "then-option-unknown", "then-program-is-path",
        "then-on-failure", "then-webhook-is-address", "then-options-of-kill",
        "trigger-missing", "trigger-unknown", "unknown-key", "unknown-key-at-top",
        "unknown-key-in-group", "unknown-key-in-selector", "unknown-key-of-other-tool",
        "template-command-map", "template-environment-text", "template-key-of-compose",
        "template-restart-word", "template-unknown-key", "template-without-image", "template-is-text",
        "templates-is-list",
        "template-health-time", "template-folder-owner", "template-depends-condition", "template-init",
        "template-on-failure", "templates-empty", "sidecars-is-map", "sidecars-empty", "sidecars-nameless",
        "sidecars-for-whom", "sidecars-unknown-key", "sidecars-templateless", "sidecars-empty-selector",
        "template-volume-up/", "template-variable-unknown/", "template-depends-circle/",
        "victims-of-text", "when-is-list", "when-is-true", "when-without-value",
    ],
)  # fmt: skip
def test_wrong_shapes_are_refused(name: str) -> None:
    """Of the bad files, those whose shape is wrong. A name with a slash is one that a schema cannot know."""
    text = (ROOT / "tests" / "bad_rules" / f"{name.removesuffix('/')}.yaml").read_text()
    assert bool(refusals(SCHEMA, as_an_editor_reads(text))) is not name.endswith("/")


def test_every_key_has_a_description() -> None:
    """An editor has something to say about every key, and knows every key."""
    for model, _ in RULE_FILE.models.values():
        known = SCHEMA if model.__name__ == "FileText" else SCHEMA["$defs"][model.__name__]
        assert tuple(known["properties"]) == keys_of(model)
        assert all(each["description"] for each in known["properties"].values())
        assert known["additionalProperties"] is False


def test_triggers_are_all_there() -> None:
    assert SCHEMA["$defs"]["RuleText"]["properties"]["on"]["enum"] == list(Trigger)


def test_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """``reactor schema`` prints it, as JSON of the dialect that it names."""
    assert main(["schema"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out) == SCHEMA
    assert (SCHEMA["$schema"], printed.err) == (DIALECT, "")
