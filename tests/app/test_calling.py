"""What rules may call: how it is configured, each mistake with its place, and rules that call what is not."""

from pathlib import Path

import pytest

from reactor.app.calling import missing_means
from reactor.app.configuration import BadConfiguration, parse_configuration
from reactor.ruleset import parse

SECRET = "0123456789abcdef"  # noqa: S105  # Of this test only.


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A secret in a file, with a line end."""
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    return file


def test_what_is_configured_can_be_called(tmp_path: Path, secret: Path) -> None:
    text = f"""
webhooks:
  - {{name: oncall, url: "http://[::1]:8080/hook?a=1", secret_file: {secret}, timeout: 2s, keep: 1m}}
  - {{name: plain, url: "https://example.org"}}
programs: [{{name: dump, run: [/bin/sh, -c, "exit 0"]}}]
notices: {{root: {tmp_path}}}
"""
    means = parse_configuration(text, "c.yaml").means
    hook, plain = means.webhooks["oncall"], means.webhooks["plain"]
    assert (str(hook.address), hook.target, hook.secret) == ("tcp://[::1]:8080", "/hook?a=1", SECRET.encode())
    assert (hook.timeout, hook.keep) == (2, 60)
    assert (plain.address.port, plain.target, plain.address.tls is not None) == (443, "/", True)
    assert means.programs == {"dump": ("/bin/sh", "-c", "exit 0")}
    assert (means.notices.root, means.notices.inside) == (tmp_path, "/run/reactor")
    assert SECRET not in repr(means)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("webhooks: [{name: a, url: ftp://example.org}]", "c.yaml:1:27: 'url' is an address such as"),
        ("webhooks: [{name: a, url: 'https://u:p@example.org'}]", "c.yaml:1:27: 'url' is an address such as"),
        ('webhooks: [{name: a, url: "https://example.org/\\nX: 1"}]', "'url' is an address such as"),
        ("webhooks: [{name: a, url: 'http://example.org:99999/'}]", "'url' is an address such as"),
        ("webhooks: [{name: a}]", "c.yaml:1:12: a webhook needs the key 'url'"),
        (
            "webhooks: [{name: a, url: 'http://h/'}, {name: a, url: 'http://h/'}]",
            "c.yaml:1:48: there are two webhooks named 'a': choose another name",
        ),
        (
            "webhooks: [{name: a, url: 'http://h/', secret_file: /nowhere}]",
            "c.yaml:1:53: 'secret_file' cannot be read: No such file or directory",
        ),
        (
            "webhooks: [{name: a, url: 'http://h/', ca_file: /nowhere}]",
            "c.yaml:1:49: 'ca_file' cannot be used: No such file or directory",
        ),
        ("programs: [{name: a, run: sh -c id}]", "c.yaml:1:27: 'run' is a list: a program and its arguments"),
        ("programs: [{name: a, run: [sh, -c, id]}]", "'run' begins with the absolute path of a program"),
        ("programs: [{name: a, run: [/etc/passwd]}]", "and '/etc/passwd' cannot be executed"),
        ("notices: {root: notices}", "c.yaml:1:17: 'root' is the absolute path of a folder"),
        ("notices: {root: /nowhere}", "c.yaml:1:17: 'root' is no folder that is there"),
        ("notices: {root: /tmp, inside: run/../x}", "'inside' is where containers have their folder mounted"),
    ],
)
def test_each_mistake_has_its_place(text: str, said: str) -> None:
    with pytest.raises(BadConfiguration) as refused:
        parse_configuration(text, "c.yaml")
    assert said in str(refused.value)


def test_a_secret_that_can_be_guessed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "short").write_text("hunter2\n")
    with pytest.raises(BadConfiguration, match="shorter than 16 characters"):
        parse_configuration(
            f"webhooks: [{{name: a, url: 'http://h/', secret_file: {tmp_path}/short}}]", "c.yaml"
        )


def test_rules_that_call_what_nobody_configured_are_named_with_their_place() -> None:
    rules = parse(
        """
groups:
  - name: g
    rules:
      - name: hook
        when: pids > 1
        then: [{webhook: oncal}, {exec: dump}, notice, kill]
""",
        "r.yaml",
    )
    means = parse_configuration("webhooks: [{name: oncall, url: 'http://h/'}]", "c.yaml").means
    assert [str(each) for each in missing_means(rules, means)] == [
        "r.yaml:5: the configuration has no webhook named 'oncal': it has oncall",
        "r.yaml:5: the configuration has no program named 'dump': it has none",
        "r.yaml:5: a notice needs 'notices' in the configuration, with a 'root' for the folders",
    ]
