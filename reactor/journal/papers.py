"""What belongs to a certificate, as JSON: the grounds of a decision, and the evidence around an end.

Only writing is here; it is read back in ``certificates``. Every text is cut, since labels, command lines
and output are as long as strangers like, and moments are in seconds after the first evidence.
"""

import json
from collections.abc import Mapping
from typing import Any

from reactor.core.container import Container
from reactor.core.decisions import Decision
from reactor.core.evidence import Evidence
from reactor.core.facts import Sample
from reactor.core.grounds import Grounds
from reactor.core.rules import Rule

LONGEST = 1000
LONGEST_LOG = 32_768


def storable(text: str, longest: int = LONGEST) -> str:
    """A stranger's text, cut to length and without what UTF-8 cannot hold."""
    return text[:longest].encode("utf-8", "replace").decode("utf-8")


def grounds(made: Grounds) -> str:
    """What a decision rests on."""
    container = made.container
    return json.dumps(
        {
            "version": made.version,
            "rule": _rule(made.rule) if made.rule is not None else None,
            "container": _container(container, made) if container is not None else None,
            "samples": [_sample(each, made.decision.seen) for each in made.samples],
        }
    )


def processes(decision: Decision, evidence: Evidence) -> str | None:
    """The processes that were seen, if they were looked for and found."""
    if evidence.processes is None:
        return None
    listed = [[each.pid, storable(each.name, 64), storable(each.command)] for each in evidence.processes]
    return json.dumps({**_when(decision, evidence), "more": evidence.more, "processes": listed})


def unseen(decision: Decision, evidence: Evidence) -> str | None:
    """Why there are no processes."""
    if not evidence.unseen:
        return None
    return json.dumps({**_when(decision, evidence), "processes": None, "missing": storable(evidence.unseen)})


def log(decision: Decision, evidence: Evidence) -> str | None:
    """The last lines of output, if they were asked for and came."""
    if evidence.log is None:
        return None
    text = storable(evidence.log[-LONGEST_LOG:], LONGEST_LOG)
    return json.dumps({**_when(decision, evidence), "text": text})


def unheard(decision: Decision, evidence: Evidence) -> str | None:
    """Why there are no last lines."""
    if not evidence.unheard:
        return None
    return json.dumps({**_when(decision, evidence), "text": None, "missing": storable(evidence.unheard)})


def _when(decision: Decision, evidence: Evidence) -> Mapping[str, float]:
    return {"at": round(evidence.began - decision.seen, 6), "took": round(evidence.took, 6)}


def _rule(rule: Rule) -> Mapping[str, Any]:
    return {
        "place": storable(rule.place),
        "digest": rule.digest,
        "condition": storable(rule.when.text) if rule.when is not None else "",
        "on": rule.on.value if rule.on is not None else "",
        "for": rule.hold,
        "level": rule.level.value,
        "severity": rule.severity.value,
    }


def _container(container: Container, made: Grounds) -> Mapping[str, Any]:
    """Its inspect without secrets: no environment, and no label but those that say what it is to us."""
    return {
        "name": storable(container.name),
        "image": storable(container.image),
        "command": storable(container.command, 200),
        "user": storable(container.user, 200),
        "pids_limit": container.pids_limit,
        "memory_limit": container.memory_limit,
        "restart_policy": storable(container.restart_policy, 64),
        "restarts": container.restarts,
        "auto_remove": container.auto_remove,
        "mounts": [storable(each, 200) for each in container.mounts],
        "standing": made.standing,
        "task": storable(made.task),
        "serves": storable(made.serves),
        "age": None if container.born is None else round(made.decision.at - container.born, 3),
    }


def _sample(sample: Sample, seen: float) -> list[Any]:
    return [round(sample.at - seen, 6), sample.pids, sample.memory, sample.cpu]
