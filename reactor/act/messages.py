"""What is told to others about a decision: one document, as CloudEvents and in a notice.

Only making the texts belongs here, from records; sending them is in ``courier`` and ``notices``.
Strangers' words in them are JSON strings of bounded length.
"""

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from reactor.core.decisions import Decision, Outcome
from reactor.observe.text import plain

CONTENT_TYPE = "application/cloudevents+json"
DECIDED, CONCLUDED = "reactor.decision", "reactor.outcome"
SIGNATURE = "Reactor-Signature"


def about(decision: Decision) -> Mapping[str, Any]:
    """A decision as plain values. The keys are a promise to whoever reads them by machine."""
    return {
        "id": decision.id,
        "container": decision.run.id,
        "started_at": decision.run.started_at,
        "name": plain(decision.name),
        "action": decision.action,
        "rule": decision.rule,
        "reason": plain(decision.reason, 500),
        "cause": decision.cause,
        "dry_run": decision.dry_run,
    }


def of_outcome(outcome: Outcome) -> Mapping[str, Any]:
    """What came of a decision, with the decision."""
    how = {
        "result": outcome.result,
        "why": outcome.why,
        "detail": plain(outcome.detail, 500),
        "final": outcome.final,
    }
    return {**about(outcome.decision), **how}


def event(kind: str, identity: str, source: str, wall: float, data: Mapping[str, Any]) -> bytes:
    """A CloudEvent (1.0, structured JSON). ``identity`` is that of the news, however often it is sent."""
    document = {
        "specversion": "1.0",
        "id": identity,
        "source": source,
        "type": kind,
        "time": datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds"),
        "subject": data.get("container", ""),
        "datacontenttype": "application/json",
        "data": data,
    }
    return json.dumps(document).encode()


def signed(secret: bytes, wall: float, body: bytes) -> Mapping[str, str]:
    """The header by which a receiver knows that it is ours, and how old: HMAC-SHA256 over time and body."""
    if not secret:
        return {}
    moment = str(int(wall))
    digest = hmac.new(secret, moment.encode() + b"." + body, sha256).hexdigest()
    return {SIGNATURE: f"t={moment},v1={digest}"}
