"""The configuration file: every mistake with its place, every setting where it belongs."""

import os
import re
from pathlib import Path

import pytest

from reactor.app.configuration import BadConfiguration, parse_configuration, read_configuration
from reactor.app.settings import HeartbeatTerms, Profile, Settings
from reactor.core.breaker import BreakerTerms
from reactor.core.budgets import Budget, BudgetTerms
from reactor.core.container import ContainerId
from reactor.core.protection import LabelNames
from reactor.core.rules import RuleSet
from reactor.core.selector import Selector
from reactor.recording.places import Limits

ID = "ab" * 32
DOCS = Path(__file__).parents[2] / "docs" / "configuration.md"


def mistakes(text: str) -> list[str]:
    with pytest.raises(BadConfiguration) as caught:
        parse_configuration(text, "c.yaml")
    return [str(error) for error in caught.value.errors]


def test_without_a_file_the_defaults_hold() -> None:
    assert read_configuration(None) == Settings()
    assert parse_configuration("# nothing yet\n", "c.yaml") == Settings()


def test_everything_that_can_be_set() -> None:
    settings = parse_configuration(
        f"""
scope:
  - label: com.example.job
  - name: "ci-*"
labels: {{task: com.example.job-id, sidecar_of: com.example.side, skip: com.example.keep}}
protect:
  ids: [{ID}]
  containers: [{{project: infra}}]
trusted_images: ["example.com/base:*"]
times: {{orphan_after: 5s, creation_grace: 2m, sidecar_grace: 500ms, reconcile_every: 30s,
        stale_after: 20s, drain: 1m, layer_every: 10s}}
journal: {{path: /tmp/x.db, keep: 7d, strict: true}}
record: {{folder: /tmp/recordings, keep: 2d, size: 64MiB}}
listen: 127.0.0.1:1
dry_run: true
at_once: 3
most_streams: 100
metrics_labels: [team, com.example.service]
profile: fast
containment: off
""",
        "c.yaml",
    )
    policy = settings.policy
    assert settings.lane_terms() is not None
    assert Settings().lane_terms() is not None
    assert Settings(profile=Profile.STREAMS).lane_terms() is None
    assert policy.scope == (Selector(label="com.example.job"), Selector(name="ci-*"))
    assert policy.labels == LabelNames("com.example.job-id", "com.example.side", "com.example.keep")
    assert policy.protected_ids == {ContainerId(ID)}
    assert policy.protect == (Selector(project="infra"),)
    assert policy.trusted_images == ("example.com/base:*",)
    assert (settings.keep_days, settings.strict, settings.journal) == (7.0, True, Path("/tmp/x.db"))
    assert (settings.listen, settings.dry_run, settings.at_once, settings.most_streams) == (
        "127.0.0.1:1",
        True,
        3,
        100,
    )
    assert settings.record == Path("/tmp/recordings")
    assert settings.record_limits == Limits(keep=2 * 86400.0, size=64 * 1024 * 1024)
    setup = settings.setup(RuleSet(()))
    assert (setup.orphan_after, setup.creation_grace, setup.sidecar_grace, setup.stale_after) == (
        5,
        120,
        0.5,
        20,
    )
    assert setup.layer_every == 10
    assert settings.metric_labels == ("team", "com.example.service")
    assert settings.watch_times().period == 30
    assert settings.acting().kill_slots == 3
    assert settings.acting().strict


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("scope: [{}]", "c.yaml:1:9: a selector needs a key: label, name, image or project"),
        ("protect: {containers: [{}]}", "c.yaml:1:24: a selector needs a key: label, name, image or project"),
        ("labels: {tsk: x}", "c.yaml:1:10: unknown key 'tsk' in 'labels': did you mean 'task'?"),
        ("labels: {task: a=b}", "c.yaml:1:16: 'task' is the name of a label, such as com.example.job-id"),
        ("times: {orphan_after: 10}", "c.yaml:1:23: a duration has a unit: write 10s, 10m or 10h"),
        ("times: {layer_every: 9s}", "c.yaml:1:22: 'layer_every' is a duration of at least 10s, such as 5m"),
        ("containment: yes", "c.yaml:1:14: 'containment' is one of auto, off"),
        ("profile: quick", "c.yaml:1:10: 'profile' is one of streams, normal, fast"),
        ("times: {layer_every: 300}", "c.yaml:1:22: 'layer_every' is a duration of at least 10s, such as 5m"),
        ("at_once: 0", "c.yaml:1:10: 'at_once' is a whole number from 1 to 100000"),
        ("metrics_labels: team", "c.yaml:1:17: 'metrics_labels' is a list of keys of labels, such as [team]"),
        ("metrics_labels: [a-b, a.b]", "c.yaml:1:17: a-b and a.b would be the same label in Prometheus: "),
        ("metrics_labels: ['a b']", "c.yaml:1:17: 'a b' is no key of a label; such as team, or "),
        ("journal: 7", "c.yaml:1:10: 'journal' is a map with the keys path, keep, strict"),
        ("record: {keep: 7d}", "c.yaml:1:9: "),
        ("record: {folder: /x, size: 10}", "c.yaml:1:28: 'size' is an amount of bytes such as 256MiB"),
        ("record: {folder: /x, size: 1KiB}", "c.yaml:1:28: 'size' is an amount of bytes such as 256MiB"),
        ("record: {folder: ''}", "c.yaml:1:18: 'folder' is empty"),
        ("data: {root: data}", "c.yaml:1:14: 'root' is no absolute path without '..'"),
        ("data: {root: /etc/x}", "c.yaml:1:14: 'root' belongs to the system: name a folder of its own"),
        ("data: {}", "c.yaml:1:7: "),
        ("dry_run: maybe", "c.yaml:1:10: 'dry_run' is true or false"),
        ("listen: [a]", "c.yaml:1:9: 'listen' is one text, and this is a list"),
        ("a: 1\na: 2", "c.yaml:1:1: unknown key 'a' in the configuration: "),
    ],
)
def test_a_mistake_has_a_place_and_a_remedy(text: str, said: str) -> None:
    assert mistakes(text)[0].startswith(said)


def test_a_name_is_no_id() -> None:
    said = mistakes("protect: {ids: [my-proxy]}")
    assert said[0].startswith("c.yaml:1:17: 'ids' takes full ids")


def test_all_mistakes_come_at_once() -> None:
    assert len(mistakes("listen: 1.5\ndry_run: 3\nlabels: {skip: ''}\nnope: 1")) >= 3


def test_a_file_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="cannot be read: No such file"):
        read_configuration(tmp_path / "missing.yaml")
    (tmp_path / "bad.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadConfiguration, match="not UTF-8"):
        read_configuration(tmp_path / "bad.yaml")
    os.mkfifo(tmp_path / "pipe.yaml")
    with pytest.raises(BadConfiguration, match="a pipe or a device cannot be"):
        read_configuration(tmp_path / "pipe.yaml")
    (tmp_path / "large.yaml").write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(BadConfiguration, match="larger than 1024 KiB"):
        read_configuration(tmp_path / "large.yaml")


def test_what_the_documentation_shows_can_be_read() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), flags=re.DOTALL)
    assert blocks
    for block in blocks:
        assert parse_configuration(block, "docs") != Settings()


def test_evidence_is_bounded_and_can_be_left_out() -> None:
    evidence = parse_configuration("evidence: {budget: 1s, log_lines: 0, processes: 7}\n", "c.yaml").evidence
    assert (evidence.budget, evidence.log_lines, evidence.processes) == (1.0, 0, 7)
    assert parse_configuration("dry_run: true\n", "c.yaml").evidence == Settings().evidence
    text = "evidence:\n  budget: 0s\n  log_lines: -1\n  processes: 201\n  core_dump: true\n"
    places = [re.match(r"c.yaml:(\d+):", mistake) for mistake in mistakes(text)]
    assert [int(place[1]) for place in places if place] == [2, 3, 4, 5]


def test_runners_are_told_by_webhooks_that_are_there_and_over_tcp_only_with_a_token(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("0123456789abcdef\n")
    settings = parse_configuration(
        f"webhooks: [{{name: ci, url: 'http://x/'}}]\ntell: [ci]\n"
        f"api: {{listen: '127.0.0.1:9711', token_file: {token}}}\n",
        "c.yaml",
    )
    assert settings.tell == ("ci",)
    assert settings.api is not None
    assert (str(settings.api.listen), settings.api.token) == ("127.0.0.1:9711", b"0123456789abcdef")
    assert "0123456789abcdef" not in repr(settings)
    (unguarded,) = mistakes("api: {listen: '127.0.0.1:9711'}\n")
    assert unguarded.startswith("c.yaml:1:6: 'api' on TCP needs 'token_file', a file with a secret")
    token.write_text("short\n")
    assert "shorter than 16" in mistakes(f"api: {{listen: '127.0.0.1:1', token_file: {token}}}\n")[0]
    assert "no port" in mistakes(f"api: {{listen: nowhere, token_file: {token}}}\n")[0]
    assert mistakes("tell: [ci]\n") == ["c.yaml:1:8: 'tell': there is no webhook named 'ci'"]


def test_budgets_and_the_breaker() -> None:
    settings = parse_configuration(
        "budgets: {host: 100 per 1m, hard: 1 per 1s}\nbreaker: {at_least: 5, share: 50%, within: 1m}\n",
        "c.yaml",
    )
    assert settings.budgets == BudgetTerms(host=Budget(100, 60.0), hard=Budget(1, 1.0))
    assert settings.breaker == BreakerTerms(5, 0.5, 60.0)
    setup = settings.setup(RuleSet(()))
    assert (setup.budgets, setup.breaker) == (settings.budgets, settings.breaker)
    assert parse_configuration("budgets: {off: true}\nbreaker: {off: true}\n", "c.yaml").breaker.off


@pytest.mark.parametrize(
    "text",
    [
        "100",
        "100 per",
        "0 per 1m",
        "per 1m",
        "100 per 10ms",
        "-1 per 1m",
        "1.5 per 1m",
        "1 in 1m",
        "9999999 per 1s",
    ],
)
def test_a_budget_that_is_none_has_its_place(text: str) -> None:
    (mistake,) = mistakes(f"budgets:\n  host: {text}\n")
    assert mistake.startswith("c.yaml:2:")
    assert "'host' is a count and a duration of at least 1s, such as 100 per 1m" in mistake


def test_files_of_owners_lie_below_a_folder_that_is_named() -> None:
    assert Settings().heartbeats is None
    one = parse_configuration("owners: {heartbeats: {root: /run/beats}}", "c.yaml")
    two = parse_configuration("owners: {enforce: true, heartbeats: {root: /run/beats, ttl: 2m}}", "c.yaml")
    assert (one.owners_enforced, one.heartbeats) == (False, HeartbeatTerms(Path("/run/beats"), 30.0))
    assert (two.owners_enforced, two.heartbeats) == (True, HeartbeatTerms(Path("/run/beats"), 120.0))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{root: beats}", "c.yaml:1:29: 'root' is the absolute path of a folder, such as /run/heartbeats"),
        ("{root: /b, ttl: 4s}", "c.yaml:1:38: 'ttl' is a duration from 5s to 24h, such as 30s"),
        ("{root: /b, ttl: 25h}", "c.yaml:1:38: 'ttl' is a duration from 5s to 24h, such as 30s"),
        ("{ttl: 30s}", "c.yaml:1:22: 'heartbeats' needs the key 'root'"),
        ("{root: /b, tll: 30s}", "c.yaml:1:33: unknown key 'tll' in 'heartbeats': did you mean 'ttl'?"),
    ],
)
def test_a_folder_of_heartbeats_that_is_none_has_its_place(text: str, said: str) -> None:
    [told] = mistakes(f"owners: {{heartbeats: {text}}}")
    assert told.startswith(said)
