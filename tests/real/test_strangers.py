"""What strangers write into labels reaches nobody's terminal, no metric, and no decision."""

import json
from collections.abc import Sequence

import pytest

from tests.real import deeds
from tests.real.scene import Scene
from tests.real.waiting import until

HOSTILE = (
    'x\nlevel=error msg="the engine is gone"\r\x1b[31m\x1b]0;title\x07\u202eevil\u2028{"msg":"forged"}'
    + "é" * 300
)
REASON = """\
groups:
  - name: test
    rules:
      - name: hostile
        when: pids > 200 && labels["evil"] != ""
"""


def is_harmless(text: str) -> bool:
    """Whether it can be shown in any terminal."""
    return all(line.isprintable() for line in text.split("\n"))


def logfmt_messages(text: str) -> Sequence[str]:
    """The beginning of each line, which no stranger may choose."""
    return [line.split("=")[0] for line in text.splitlines()]


@pytest.mark.parametrize("log_format", ["logfmt", "json"])
def test_labels_full_of_control_characters(lone_scene: Scene, log_format: str) -> None:
    """A rule reads the label, so that it stands in the reason of the kill; the task is called so, too."""
    scene = lone_scene
    with scene.monitor(rules=REASON, log_format=log_format) as monitor:
        labels = {"evil": HOSTILE, HOSTILE[:100]: HOSTILE, "exitCode": "0", "signal": "0", "name": "innocent"}
        bad = scene.guilty(scene.run(deeds.STORM, task=HOSTILE, labels=labels, pids=deeds.PIDS))
        side = scene.run(deeds.SERVE, serves=HOSTILE)
        until(lambda: scene.truth.events(side, "die"), 20, "its sidecar goes with it")
        scene.guilty(side)
        shown = monitor.raw_metrics()
        scene.verdict()
        (intent,) = until(lambda: [row for row in monitor.intents(bad) if row["final"]], 10)
        assert intent["result"] == "done"
        assert "evil" in intent["reason"]
    written = monitor.raw_log()
    assert is_harmless(written)
    assert is_harmless(shown)
    if log_format == "json":
        assert all("msg" in json.loads(line) for line in written.splitlines())
        assert not monitor.said("forged")
    else:
        assert set(logfmt_messages(written)) == {"ts"}
        assert 'msg="the engine is gone"' not in written


def test_a_label_that_claims_another_exit_code_is_not_believed(lone_scene: Scene) -> None:
    """The engine writes the label over its own word in the event, and not in its record."""
    scene = lone_scene
    with scene.monitor() as monitor:
        bad = scene.run(deeds.exits(3, after=1), task="t", labels={"exitCode": "0"})
        scene.untouched(bad)
        (ended,) = until(lambda: monitor.exits(bad), 20, "its end is on record")
        assert (ended["exit_code"], ended["cause"]) == (3, "itself")
        assert scene.truth.state(bad)["ExitCode"] == 3
        scene.verdict()
