"""What `reactor sidecars` prints: strangers' words tamed, and what is the matter at the end of the line."""

from typing import Any

from reactor.app.sidecars.command import page


def one(**changes: Any) -> dict[str, Any]:
    """A sidecar as it is told."""
    usual = {"template": "db", "state": "ready", "since_seconds": 61.0, "container": "a" * 64}
    return {**usual, "error": "", "tries": 0, "stale": False, **changes}


def test_each_sidecar_is_a_line() -> None:
    told = [
        {"task": "t1", "held": True, "error": "", "sidecars": [one(), one(template="api", stale=True)]},
        {
            "task": "t\x1b[31m2",
            "held": False,
            "error": "no answer",
            "sidecars": [one(state="failed", container="", error="no image", tries=3)],
        },
    ]
    lines = list(page(told))
    assert [" ".join(line.split()) for line in lines] == [
        "TASK TEMPLATE STATE FOR CONTAINER WHAT IS THE MATTER",
        "t1 (held) db ready 1m 1s aaaaaaaaaaaa",
        "t1 (held) api ready 1m 1s aaaaaaaaaaaa made from an earlier text",
        "t\\u001b[31m2 no answer",
        "t\\u001b[31m2 db failed 1m 1s - 3 times: no image",
    ]
    assert list(page([])) == ["no task has sidecars that were made here"]
