"""``reactor alerts``: what is printed where, and with which exit code."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from reactor.app.cli import main

RULES = "groups:\n  - name: g\n    rules:\n      - {name: r, when: pids > 200, for: 10s}\n"


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "r.yaml"
    path.write_text(RULES)
    return str(path)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["alerts", *arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_a_rule_file_of_prometheus_on_stdout(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, file)
    (group,) = YAML(typ="safe", pure=True).load(out)["groups"]
    assert (code, err, group["name"]) == (0, "", "reactor-rules")
    near, beyond = group["rules"]
    assert (near["alert"], near["for"]) == ("ReactorContainerNearLimit", "1m")
    assert (beyond["alert"], beyond["for"]) == ("ReactorContainerBeyondLimit", "1m10s")
    assert near["annotations"]["runbook_url"] == "docs/alerts.md#reactorcontainernearlimit"


def test_options_say_what_is_near_how_long_and_where_the_runbooks_are(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--near", "62.5%", "--for", "0", "--runbooks", "https://wiki.example/alerts")
    _, out, _ = run(capsys, file, *options)
    (group,) = YAML(typ="safe", pure=True).load(out)["groups"]
    near, beyond = group["rules"]
    assert "container_threads > 125" in near["expr"]
    assert "for" not in near
    assert beyond["for"] == "10s"
    assert near["annotations"]["runbook_url"].startswith("https://wiki.example/alerts#reactor")


def test_mistakes_in_rules_have_their_place(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(file).write_text(RULES.replace("pids", "pidz"))
    code, out, err = run(capsys, file)
    assert (code, out) == (2, "")
    assert err.startswith(f"{file}:4:25: unknown name 'pidz'")


@pytest.mark.parametrize(
    ("option", "value"),
    [("--near", "90"), ("--near", "0%"), ("--near", "100%"), ("--for", "5"), ("--runbooks", "x#y")],
)
def test_options_that_make_no_sense_are_refused(
    file: str, option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        run(capsys, file, option, value)
    assert refused.value.code == 2
    assert "is needed" in capsys.readouterr().err
