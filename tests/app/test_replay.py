"""``reactor replay`` from its command line: tables, JSON, exit codes, and what is wrong with recordings."""

import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reactor.app.cli import main
from reactor.core.container import Container
from reactor.core.decisions import Decision, Outcome, Result, Why
from reactor.core.facts import Acted, Fact, Sample, Snapshot, Tick
from reactor.core.rules import RuleSet
from reactor.core.state import Setup, State
from reactor.core.step import step
from reactor.recording import kinds
from reactor.recording.writing import Item, Moment
from reactor.ruleset import parse_all
from tests.core.build import box
from tests.recording.build import ABOUT, NOW, place, record, records, writer

RULES = """\
groups:
  - name: safety
    rules:
      - name: pids
        summary: "{{name}} has {{pids}}"
        when: pids > {limit}
"""
BAD, BETWEEN, BELOW = box(1, name="bad"), box(2, name="bet\x1b[31mween"), box(3, name="below")
SIDE = box(4, name="side", labels={"reactor.sidecar-of": "t1"})


def text(limit: int) -> str:
    return RULES.format(limit=limit)


def rules(limit: int = 200) -> RuleSet:
    return parse_all([("rules/safety.yaml", text(limit))])


def story(seconds: int = 20) -> list[Fact]:
    """Three containers: one breaks the rule after ten seconds, one comes near it, one less near."""
    facts: list[Fact] = [Snapshot(5.0, 4.9, 1, (BAD, BETWEEN, BELOW, SIDE))]
    for second in range(seconds):
        at = 6.0 + second
        used = ((BAD, 3 if second < 10 else 250), (BETWEEN, 180 if second > 3 else 3), (BELOW, 170))
        facts += [Sample(at + n / 10, each.run, pids=pids) for n, (each, pids) in enumerate(used)]
        facts.append(Tick(at + 0.9))
    return facts


def lived(setup: Setup, facts: list[Fact]) -> list[Item]:
    """The facts with what they led to; what was decided comes off after the next fact."""
    state, items, due = State(), list[Item](), list[Fact]()
    for fact in facts:
        for each in (fact, *due):
            result = step(setup, state, each)
            state = result.state
            items.append((each, result.decisions))
            due = [acted(result.decisions[0], each.at)] if result.decisions else []
    return items


def acted(decision: Any, at: float) -> Acted:
    return Acted(at, Outcome(decision, at, Result.DONE, Why.ENDED))


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    setup = Setup(rules())
    made = writer(tmp_path / "a.reactor", setup)
    made.write(lived(setup, story()), NOW)
    made.close(NOW)
    return tmp_path / "a.reactor"


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main(["replay", *map(str, arguments)])
    said = capsys.readouterr()
    return code, said.out, said.err


def rule_file(folder: Path, limit: int, name: str = "") -> Path:
    path = folder / (name or f"rules-{limit}.yaml")
    path.write_text(text(limit))
    return path


def table(out: str) -> list[list[str]]:
    """The words of the lines of the table, without the moment on the wall's clock."""
    rows = out.split("\n\n")[1].splitlines()
    return [row.split()[1:] for row in rows]


def test_as_it_was(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The rules are in the recording; the replay is the same, and says so."""
    code, out, err = run(capsys, recording)
    assert (code, err) == (0, "")
    assert f"{rules().version}, 1 rule, as recorded" in out
    assert table(out)[0] == ["into", "action", "container", "rule", "reason"]
    assert [row[:5] for row in table(out)[1:]] == [
        ["11.000", "s", "kill", "bad", "safety/pids"],
        ["11.000", "s", "stop", "side", "safety/pids"],
    ]
    assert "2026-11-21T11:58:36.250Z" in out, "the fact at 16 s, by the recording's own clock"
    assert "2 runs would have been ended: safety/pids 2" in out
    assert out.endswith("2 decisions were recorded; the replay decides the same as then\n")


def test_other_rules_end_others(recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, recording, "--rules", rule_file(tmp_path, 175))
    assert code == 0
    names = [row[3] for row in table(out)[1:]]
    assert names == ["bet\\x1b[31mween", "bad", "side"]
    assert f"recorded with version {rules().version}" in out


def test_a_comparison_shows_exactly_what_differs(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One is between the two thresholds; those who are ended by both are not mentioned."""
    new, old = rule_file(tmp_path, 175), rule_file(tmp_path, 200)
    code, out, _ = run(capsys, recording, "--rules", new, "--compare", old)
    assert code == 0
    assert [line.split()[:2] for line in out.split("\n\n")[1].splitlines()[1:]] == [["+", "added"]]
    assert "bet\\x1b[31mween" in out
    assert "bad" not in out
    assert "below" not in out
    assert out.endswith("1 added, 0 gone, 0 earlier, 0 later\n")
    assert run(capsys, recording, "--rules", new, "--compare", old, "--exit-code")[0] == 1
    code, out, _ = run(capsys, recording, "--rules", old, "--compare", old, "--exit-code")
    assert code == 0
    assert "the two rule sets end the same runs at the same moments" in out


def test_gone_earlier_and_later(recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = tmp_path / "old.yaml"
    old.write_text(text(175) + "        for: 5s\n")
    new = rule_file(tmp_path, 200)
    _, out, _ = run(capsys, recording, "--rules", new, "--compare", old, "--json")
    (session,) = json.loads(out)["sessions"]
    found = session["difference"]
    assert [each["container"] for each in found["gone"]] == [BETWEEN.name]
    assert found["added"] == found["later"] == []
    assert [(each["new"]["container"], each["old"]["into"]) for each in found["earlier"]] == [
        ("bad", 16.0),
        ("side", 16.0),
    ]
    _, out, _ = run(capsys, recording, "--rules", old, "--compare", new)
    assert "> later by 5.000 s" in out


def test_the_document_for_machines(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, recording, "--json")
    (session,) = json.loads(out)["sessions"]
    assert code == 0
    assert session["as_live"] is True
    assert session["rules"] == {"recorded": rules().version, "replayed": rules().version}
    assert (session["facts"], session["containers"], session["sampled"]) == (83, 4, 3)
    first = session["decisions"][0]
    assert (first["container"], first["id"], first["reason"]) == ("bad", BAD.id, "pids 250 > 200")
    assert [each["summary"] for each in session["decisions"]] == ["bad has 250", ""]
    assert session["engine"]["id"] == ABOUT.engine.id


def test_a_recording_from_before_summaries_is_replayed_the_same_as_then(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds no summary, and so there is nothing to compare that with; all other fields are compared."""
    whole = kinds.fields_of

    def older(kind: type) -> dict[str, Any]:
        return {name: hint for name, hint in whole(kind).items() if (kind, name) != (Decision, "summary")}

    for reason, said in (("pids 250 > 200", "the same as then"), ("pids 3 > 200", "NOT the same as then")):
        path = tmp_path / f"{reason}.reactor"
        with monkeypatch.context() as then:
            then.setattr(kinds, "fields_of", older)
            made = writer(path, Setup(rules()))
            made.write(
                [(fact, _reasoned(each, reason)) for fact, each in lived(Setup(rules()), story())], NOW
            )
            made.close(NOW)
        _, out, _ = run(capsys, path)
        assert out.endswith(f"2 decisions were recorded; the replay decides {said}\n")


def _reasoned(decisions: tuple[Decision, ...], reason: str) -> tuple[Decision, ...]:
    return tuple(each if each.cause else replace(each, reason=reason) for each in decisions)


@pytest.mark.parametrize(("until", "ended"), [("10s", 0), ("30s", 2), ("2026-11-21T11:58:20Z", 0)])
def test_it_can_stop_before_the_end(
    recording: Path, capsys: pytest.CaptureFixture[str], until: str, ended: int
) -> None:
    _, out, _ = run(capsys, recording, "--until", until, "--json")
    assert len(json.loads(out)["sessions"][0]["decisions"]) == ended


def test_a_cut_recording_is_replayed_up_to_there(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording.write_bytes(recording.read_bytes()[:-3])
    code, out, err = run(capsys, recording)
    assert code == 0
    assert "the same as then" in out
    assert "cut in the middle of a frame" in err
    assert err.startswith(f"{recording}: byte ")


def test_a_damaged_recording_is_replayed_up_to_there_and_is_an_error(
    recording: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = bytearray(recording.read_bytes())
    content[-2] ^= 1
    recording.write_bytes(content)
    code, out, err = run(capsys, recording)
    assert code == 2
    assert "2 runs would have been ended" in out
    assert "the checksum of this frame is wrong; what follows cannot be read" in err
    assert run(capsys, recording, "--json")[0] == 2


def test_several_recordings_are_several_sessions(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each with its own beginning; the same file twice is one."""
    other = writer(tmp_path / "b.reactor", Setup(rules()))
    other._about = replace(ABOUT, session="cd" * 16, wall=9e9)
    other.write(lived(Setup(rules()), story(3)), NOW)
    _, out, _ = run(capsys, recording, tmp_path / "b.reactor", recording, "--json")
    assert [len(each["decisions"]) for each in json.loads(out)["sessions"]] == [2, 0]


def test_what_is_wrong_is_said_at_once_and_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("hello")
    code, out, err = run(capsys, tmp_path / "missing", tmp_path / "text", tmp_path / "empty")
    assert (code, out) == (2, "")
    assert [line.split(": ", 1)[1] for line in err.splitlines()] == [
        "there is no recording in this folder",
        "this cannot be read: No such file or directory",
        "this is no recording of reactor: byte 0 should begin one",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--until", "soon"], "neither a duration such as 90s nor a moment"),
        (["--exit-code"], "name the old one with --compare"),
        (["--rules", "nowhere.yaml"], "nowhere.yaml: there is no such file or folder"),
        (["--compare", "nowhere.yaml"], "nowhere.yaml: there is no such file or folder"),
    ],
)
def test_mistakes_on_the_command_line(
    recording: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    code, out, err = run(capsys, recording, *arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_rules_that_this_reactor_cannot_read_are_shown_with_their_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    setup = Setup(RuleSet((), "v9", (("rules/a.yaml", "groups:\n  - nme: a\n"),)))
    made = writer(tmp_path / "a", setup)
    made.write([(Tick(1.0), ())], NOW)
    code, _, err = run(capsys, tmp_path / "a")
    assert code == 2
    assert "its rules cannot be read by this reactor (name --rules)" in err
    assert "rules/a.yaml:2:5: unknown key 'nme'" in err
    assert run(capsys, tmp_path / "a", "--rules", rule_file(tmp_path, 5))[0] == 0


def test_a_recording_without_the_texts_of_its_rules(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(tmp_path / "a", [(Tick(1.0), ())])
    code, _, err = run(capsys, tmp_path / "a")
    assert code == 2
    assert "name --rules" in err


@given(facts=st.lists(st.one_of(*map(records, get_args(Fact))), max_size=8), wall=st.floats())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_facts_at_all_bring_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, facts: list[Fact], wall: float
) -> None:
    """Somebody may make a recording up, with the right checksums."""
    path = tmp_path_factory.mktemp("made-up") / "a"
    made = writer(path, Setup(rules()))
    made.write([(Tick(1.0), ()), *[(fact, ()) for fact in facts]], Moment(NOW.at, wall))
    other = rule_file(path.parent, 150)
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        assert main(["replay", str(path)]) in {0, 2}
        assert main(["replay", str(path), "--json", "--rules", str(other), "--compare", str(other)]) in {0, 2}


def test_lost_facts_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    setup = Setup(rules())
    made = writer(tmp_path / "a", setup)
    made.lose(7)
    made.write(lived(setup, story()), NOW)
    _, out, _ = run(capsys, tmp_path / "a")
    assert "7 facts lost: a replay can differ after that" in out


def test_a_folder_is_a_place_for_recordings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    setup = Setup(rules())
    made = writer(tmp_path, setup)
    made.write(lived(setup, story()), NOW)
    made.close(NOW)
    assert place(tmp_path).path == tmp_path
    code, out, _ = run(capsys, tmp_path)
    assert code == 0
    assert "the same as then" in out


def test_the_innocents_are_innocent() -> None:
    """A test of the story: everybody but one is within the rule."""
    containers: list[Container] = [BAD, BETWEEN, BELOW, SIDE]
    ended = {each.run for _, decisions in lived(Setup(rules()), story()) for each in decisions}
    assert [each.name for each in containers if each.run in ended] == ["bad", "side"]
