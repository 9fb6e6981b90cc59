"""What a test plays is what the monitor would see and do, moment by moment."""

import re
from pathlib import Path

import pytest

from reactor.app.ruletesting import config_kind
from reactor.ruletest import run_tests
from tests.ruletest.build import case, run, said, write

JOB = "labels: {reactor.task: j}"


def passes(folder: Path, body: str) -> None:
    """The test of this body passes, and it is not empty."""
    report = case(folder, body)
    assert said(report, folder) == []
    assert len(report.verdicts) == 1


@pytest.mark.parametrize(
    "body",
    [
        # A value counts from the very moment at which it changes, also between two samples.
        f"""\
        containers: {{job: {{{JOB}, pids: 1}}}}
        facts: [{{at: 2500ms, job: {{pids: 201}}}}]
        expect:
          - {{at: 2500ms, kill: job, rule: limits/pids}}
          - {{at: 2500ms, kill: job, rule: limits/careful, dry_run: true}}
        """,
        # What changes back before it was sampled for long enough does not last.
        f"""\
        containers: {{job: {{{JOB}, memory: 90MB, memory_limit: 100MB}}}}
        facts: [{{at: 29s, job: {{memory: 80MB}}}}, {{at: 30s, job: {{memory: 90MB}}}}]
        expect: [{{at: 60s, kill: job, rule: limits/held}}]
        """,
        # Evidence with a gap is no evidence of lasting.
        f"""\
        containers: {{job: {{{JOB}, memory: 90MB, memory_limit: 100MB}}}}
        facts: [{{at: 5s, silent: job}}, {{at: 40s, job: {{memory: 90MB}}}}]
        expect: [{{at: 70s, kill: job, rule: limits/held}}]
        """,
        # A run that has ended is not judged, and the next one is young.
        f"""\
        containers: {{job: {{{JOB}, age: 59m57s, pids: 10}}}}
        facts: [{{at: 2s, dies: job}}, {{at: 4s, starts: job}}]
        until: 3000s
        expect: []
        """,
        # What is started later is met, too, and is as old as its run.
        f"""\
        containers: {{job: {{{JOB}, state: absent, pids: 10}}}}
        facts: [{{at: 4s, starts: job}}]
        until: 3700s
        expect: [{{at: 3605s, kill: job, rule: limits/old, because: age 1h 1s > 1h}}]
        """,
        # The same where it was created before, and where it had run already.
        f"""\
        containers:
          made: {{{JOB}, state: created, pids: 10}}
          exited: {{{JOB}, state: exited, age: 3h, pids: 10}}
        facts: [{{at: 4s, starts: made}}, {{at: 5s, starts: exited}}]
        until: 3700s
        expect:
          - {{at: 3605s, kill: made, rule: limits/old}}
          - {{at: 3606s, kill: exited, rule: limits/old}}
        """,
        # A sidecar whose main is gone by itself is an orphan after two lists and ten seconds.
        f"""\
        containers: {{job: {{{JOB}}}, side: {{labels: {{reactor.sidecar-of: j}}}}}}
        facts: [{{at: 3s, dies: job}}]
        until: 1m
        expect: [{{at: 20s, stop: side, rule: orphan, grace: 10s}}]
        """,
        # The same where the main vanished from the engine.
        f"""\
        containers: {{job: {{{JOB}}}, side: {{joins: [job]}}}}
        facts: [{{at: 3s, removed: job}}]
        until: 1m
        expect: [{{at: 20s, stop: side, rule: orphan}}]
        """,
        # A sidecar that never had a main is left in peace for a minute.
        """\
        containers: {side: {labels: {reactor.sidecar-of: j}}}
        until: 10m
        expect: [{at: 60s, stop: side, rule: orphan}]
        """,
        # Labels that came with an image count where the image is trusted, and only there.
        """\
        config: {trusted_images: ["good/*"]}
        containers:
          job: {image: "good/1", image_labels: {reactor.task: j}, pids: 201}
          other: {image: "bad/1", image_labels: {reactor.task: j}, pids: 201}
        expect:
          - {at: 0s, kill: job, rule: limits/pids}
          - {at: 0s, kill: job, rule: limits/careful, dry_run: true}
        """,
        # The configuration of a test is that of the monitor.
        """\
        config:
          labels: {task: com.example.job}
          times: {orphan_after: 1s, reconcile_every: 2s}
        containers:
          job: {labels: {com.example.job: j}}
          other: {labels: {reactor.task: j}, pids: 201}
          side: {labels: {reactor.sidecar-of: j}}
        facts: [{at: 3s, dies: job}]
        until: 1m
        expect: [{at: 6s, stop: side, rule: orphan}]
        """,
        # Names, labels and states change as an engine reports it.
        f"""\
        containers: {{job: {{{JOB}, pids: 201, labels: {{}}}}}}
        facts: [{{at: 3s, job: {{labels: {{reactor.task: j}}, name: renamed, state: paused}}}}]
        expect:
          - {{at: 3s, kill: job, rule: limits/pids}}
          - {{at: 3s, kill: job, rule: limits/careful, dry_run: true}}
        """.replace(f"{JOB}, pids: 201, labels: {{}}", "pids: 201"),
        # A way is rounded down, so that it never arrives too early.
        f"""\
        containers: {{job: {{{JOB}, pids: 150}}}}
        facts: [{{at: 10s, job: {{pids: from 150 to 251 in 100s}}}}]
        until: 65s
        expect:
          - {{at: 0s, kill: job, rule: limits/careful, dry_run: true}}
          # 200.5 is not more than 200.
          - {{at: 60s, holds: job, rules: [limits/careful]}}
          - {{at: 61s, kill: job, rule: limits/pids, because: pids 201 > 200}}
        """,
        # What holds for somebody, and what is unknown.
        f"""\
        containers:
          job: {{{JOB}, memory: 90MB, age: unknown, memory_limit: none}}
          over: {{{JOB}, state: exited}}
        expect:
          - {{at: 1s, unknown: job, rules: [limits/pids, limits/old, limits/held, limits/careful]}}
          - {{at: 1s, holds: job, rules: []}}
          - {{at: 1s, unknown: over, rules: []}}
        """,
    ],
)
def test_plays(tmp_path: Path, body: str) -> None:
    passes(tmp_path, body)


MORE = """\
groups:
  - name: layers
    rules:
      - {name: heavy, when: layer_writes > 50MiB}
      - {name: unlimited, when: ready && !pids_limited}
"""


@pytest.mark.parametrize(
    "body",
    [
        # A layer is measured at once where a value is written, and once in a period where it grows.
        f"""\
        config: {{times: {{layer_every: 1m}}}}
        containers:
          writer: {{{JOB}, layer_writes: from 0B to 100MiB in 100s}}
          late: {{{JOB}}}
          exactly: {{{JOB}, layer_writes: 50MiB}}
          stranger: {{layer_writes: 1GiB}}
        facts: [{{at: 7s, late: {{layer_writes: 51MiB}}}}]
        until: 15m
        expect:
          - {{at: 6s, unknown: late, rules: [layers/heavy, layers/unlimited]}}
          - {{at: 7s, kill: late, rule: layers/heavy, because: layer_writes 51 MiB > 50MiB}}
          - {{at: 60s, kill: writer, rule: layers/heavy, because: layer_writes 60 MiB > 50MiB}}
          - {{at: 800s, holds: exactly, rules: []}}
        """,
        # Readiness goes by what the check says; limits follow from their amounts unless they are said.
        f"""\
        containers:
          job: {{{JOB}, pids_limit: none, health: starting}}
          bare: {{{JOB}, pids_limit: none, health: none}}
          some: {{{JOB}, pids_limit: 9, health: none}}
          said: {{{JOB}, pids_limit: unknown, pids_limited: false, health: none}}
          left: {{{JOB}, pids_limit: none}}
        facts:
          - {{at: 5s, job: {{health: healthy}}, some: {{pids_limit: none}}}}
        expect:
          - {{at: 0s, kill: bare, rule: layers/unlimited}}
          - {{at: 0s, kill: said, rule: layers/unlimited}}
          - {{at: 5s, kill: job, rule: layers/unlimited}}
          - {{at: 5s, kill: some, rule: layers/unlimited}}
        """,
    ],
)
def test_plays_of_what_is_asked_seldom(tmp_path: Path, body: str) -> None:
    """Measures of layers, limits as such, readiness."""
    report = case(tmp_path, body, MORE)
    assert said(report, tmp_path) == []
    assert len(report.verdicts) == 1


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (
            f"""\
            containers: {{job: {{{JOB}, pids: 50}}}}
            expect: [{{at: 5s, kill: job, rule: limits/pids}}]
            """,
            ["    - 5s  kill job by limits/pids  (line 4)", "          at 5s: does not hold: pids 50 > 200"],
        ),
        (
            """\
            containers: {job: {pids: 500}}
            expect: [{at: 5s, kill: job, rule: limits/pids}]
            """,
            [
                "    - 5s  kill job by limits/pids  (line 4)",
                "          at 5s: it is out of scope: no selector names it",
            ],
        ),
        (
            f"""\
            containers: {{job: {{{JOB}, state: absent, pids: 500}}}}
            expect: [{{at: 5s, kill: job, rule: limits/pids}}]
            """,
            [
                "    - 5s  kill job by limits/pids  (line 4)",
                "          at 5s: the monitor does not know the container at that moment",
            ],
        ),
        (
            f"""\
            containers: {{job: {{{JOB}}}}}
            expect: [{{at: 5s, kill: job, rule: limits/pids}}, {{at: 6s, kill: job, rule: limits/oom}}]
            """,
            [
                "    - 5s  kill job by limits/pids  (line 4)",
                "          at 5s: unknown: pids unknown > 200",
                "    - 6s  kill job by limits/oom  (line 4)",
                "          at 6s: its trigger, oom, did not come",
            ],
        ),
        (
            f"""\
            containers: {{job: {{{JOB}, age: 2h}}}}
            expect: [{{at: 0s, stop: job, rule: limits/pids, dry_run: true}}]
            """,
            [
                "    - 0s  stop (dry run) job by limits/pids  (line 4)",
                "    + 0s  kill job by limits/old: age 2h > 1h",
                "          a kill and no stop; by the rule limits/old; it is no dry run",
            ],
        ),
        (
            f"""\
            containers: {{job: {{{JOB}, age: 2h}}, side: {{labels: {{reactor.sidecar-of: j}}}}}}
            expect:
              - {{at: 0s, kill: job, rule: limits/old}}
              - {{at: 0s, stop: side, rule: limits/old, grace: 3s}}
            """,
            [
                "      0s  kill job by limits/old",
                "    - 0s  stop side by limits/old  (line 6)",
                "    + 0s  stop side by limits/old because of job",
                "          because of job; the grace is 10s and not 3s",
            ],
        ),
        (
            f"""\
            containers: {{job: {{{JOB}, memory: 1B}}}}
            expect: [{{at: 2s, unknown: job, rules: [limits/pids]}}]
            """,
            [
                "    - 2s  unknown for job: limits/pids  (line 4)",
                "    + 2s  unknown for job: limits/careful, limits/held, limits/pids",
            ],
        ),
    ],
)
def test_failures(tmp_path: Path, body: str, lines: list[str]) -> None:
    """What did not come is explained by what the rule said at that moment."""
    assert said(case(tmp_path, body), tmp_path) == ["limits.test.yaml:2: it: FAILED", *lines]


def test_a_test_that_expects_nothing_fails_where_something_comes(tmp_path: Path) -> None:
    """What nobody expected is a failure, also behind the last moment that is named."""
    report = case(tmp_path, f"containers: {{job: {{{JOB}, age: 59m55s}}}}\nexpect: []\n")
    assert said(report, tmp_path) == [
        "limits.test.yaml:2: it: FAILED",
        "    + 6s  kill job by limits/old: age 1h 1s > 1h",
    ]


def test_strangers_words_are_tame(tmp_path: Path) -> None:
    """A name of a test or a container cannot write on the terminal."""
    report = run(
        tmp_path,
        """\
        tests:
          - name: "\\e[31mred"
            containers: {"\\e[31m": {labels: {reactor.task: j}, pids: 201}}
            expect: []
        """,
    )
    assert all(line.isprintable() for line in said(report, tmp_path))


def test_only_those_that_are_asked_for(tmp_path: Path) -> None:
    """``--run`` picks by name; what has tests elsewhere in the file is not called untested."""
    killed, told = "kill: job, rule: limits/pids", "kill: job, rule: limits/careful, dry_run: true"
    tests = "".join(
        f"  - name: {name}\n"
        f"    containers: {{job: {{{JOB}, pids: 201}}}}\n"
        f"    expect: [{{at: 0s, {killed}}}, {{at: 0s, {told}}}]\n"
        for name in ("one", "two")
    )
    path = write(tmp_path, f"tests:\n{tests}")
    report = run_tests([path], config_kind(), only=re.compile("^tw"))
    assert [verdict.case.name for verdict in report.verdicts] == ["two"]
    assert [each.name for each in report.untested] == ["limits/old", "limits/held", "limits/oom"]


def test_a_file_over_a_file_is_read_with_it(tmp_path: Path) -> None:
    """What changes the rules of another file makes no sense alone, and need not."""
    (tmp_path / "site.yaml").write_text(
        "groups: [{name: limits, rules: [{name: pids, override: replace, when: pids > 3}]}]\n"
    )
    (tmp_path / "site.test.yaml").write_text(
        "rules: [limits.yaml, site.yaml]\n"
        "tests:\n"
        f"  - name: it\n    containers: {{job: {{{JOB}, pids: 4}}}}\n"
        "    expect: [{at: 0s, kill: job, rule: limits/pids, because: pids 4 > 3}]\n"
    )
    write(tmp_path, "tests: [{name: it, containers: {job: {}}, expect: []}]\n")
    report = run_tests([tmp_path], config_kind())
    assert said(report, tmp_path) == []
    assert len(report.verdicts) == 2


def test_rules_of_other_files(tmp_path: Path) -> None:
    """``rules`` names files and folders beside the test file, and several together."""
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "own.yaml").write_text("groups: [{name: own, rules: [{name: b, when: pids > 3}]}]\n")
    report = run(
        tmp_path,
        f"""\
        rules: [limits.yaml, more]
        tests:
          - name: it
            containers: {{job: {{{JOB}, pids: 4}}}}
            expect: [{{at: 0s, kill: job, rule: own/b}}]
        """,
    )
    assert said(report, tmp_path) == []
    assert "own/b" not in {each.name for each in report.untested}


SUMMED = """\
groups:
  - name: limits
    rules:
      - name: pids
        summary: "{name} has {pids}"
        when: pids > 200
"""


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        ("job has 201", []),
        (
            "job has 200",
            [
                "limits.test.yaml:2: it: FAILED",
                "    - 1s  kill job by limits/pids  (line 5)",
                "    + 1s  kill job by limits/pids: pids 201 > 200",
                '          its summary is "job has 201" and not "job has 200"',
            ],
        ),
    ],
)
def test_a_summary_can_be_asked_for_word_for_word(tmp_path: Path, asked: str, lines: list[str]) -> None:
    report = case(
        tmp_path,
        f"""\
        containers: {{job: {{{JOB}, pids: 200}}}}
        facts: [{{at: 1s, job: {{pids: 201}}}}]
        expect: [{{at: 1s, kill: job, rule: limits/pids, summary: {asked}}}]
        """,
        SUMMED,
    )
    assert said(report, tmp_path) == lines
