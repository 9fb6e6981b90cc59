"""A configuration of haproxy: what is let through is written call by call, and all else is refused.

HAProxy, since it passes streams on as they come, matches the raw bytes of a request, and is in every
distribution. Only the text is made here, from the table in ``engine.asked``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reactor.app.socketproxy.flags import ENGINE, LISTEN
from reactor.engine.asked import CALLS, OLDEST_VERSION, Asked, Kind, Need

REFUSED = "this call is not among those that the proxy before the engine lets through"


@dataclass(frozen=True, slots=True)
class Silences:
    """For how long an answer may bring nothing, in seconds, until the proxy breaks it off.

    The monitor has deadlines of its own, which are shorter; a quiet engine has nothing to say for hours. A
    stop lasts as long as its grace.
    """

    questions: float = 60
    streams: float = 3600
    deeds: float = 600


USUAL = Silences()

_HEAD = """\
# A proxy before the socket of an engine, for a monitor that needs no more than this: {needs}.
# Written by `{command}`;
# docs/least-privilege.md explains it. Check: haproxy -c -f FILE
#
# A request is compared as it came, byte by byte: nothing is decoded, joined or cut before. Containers are
# named by their whole ids, never by names or beginnings of ids. What is refused, and what does something, is
# logged.

global
    log stderr format raw local0
    maxconn 4096

defaults
    mode http
    log global
    log-format "%ST %{{+Q}}r from=%fi took=%Ta state=%tsc"
    # One call, one connection: none is kept that could be stale, and none is tried twice.
    option httpclose
    http-reuse never
    retries 0
    # Who asked has gone: the engine need not answer any more.
    option abortonclose
    option http-no-delay
    timeout connect 5s
    timeout http-request 10s
    timeout client {longest}
    http-error status 403 content-type application/json string '{{"message":"{refused}"}}'

frontend reactor
    bind unix@{listen} mode 660 proto h1

    # No way to another protocol, no body of unknown length, and none where none belongs.
    http-request deny if {{ req.hdr(upgrade) -m found }}
    http-request deny if {{ req.hdr(connection) -m sub -i upgrade }}
    http-request deny if {{ req.hdr(transfer-encoding) -m found }}
    http-request deny if {{ req.hdr(expect) -m found }}
    acl no_body req.hdr_cnt(content-length) eq 0
    acl no_body req.hdr(content-length) -m str 0
    acl is_get method -m str GET
    acl is_post method -m str POST
    acl is_delete method -m str DELETE
"""

_TAIL = """
    http-request deny unless { var(txn.kind) -m found }

    # Questions that are let through need no line of their own.
    http-request set-log-level silent if is_get
    use_backend %[var(txn.kind)]
"""

_BACKEND = """
backend {name}
    timeout server {seconds}
    server engine unix@{engine}
"""


def written(
    needs: Iterable[Need],
    *,
    command: str,
    listen: str = LISTEN,
    engine: str = ENGINE,
    silences: Silences = USUAL,
) -> str:
    """The whole configuration. ``needs`` are in effect together with that of observing."""
    asked = {Need.OBSERVE, *needs}
    calls = [call for call in CALLS if call.is_for(asked)]
    seconds = {kind: getattr(silences, kind.value) for kind in Kind}
    head = _HEAD.format(
        needs=", ".join(need.value for need in Need if need in asked),
        command=command,
        longest=_time(max(seconds.values())),
        listen=listen,
        refused=REFUSED,
    )
    told = "".join(f"\n{line}" if line else "\n" for call in calls for line in _let_through(call))
    return "".join(
        (
            head,
            f"\n    # API 1.{OLDEST_VERSION} is the oldest: before it, a start could change a container.",
            told,
            "\n",
            _TAIL,
            *(
                _BACKEND.format(name=kind.value, seconds=_time(seconds[kind]), engine=engine)
                for kind in Kind
                if any(call.kind is kind for call in calls)
            ),
        )
    )


def _time(seconds: float) -> str:
    return f"{seconds:g}s" if seconds == int(seconds) else f"{round(seconds * 1000)}ms"


def _let_through(call: Asked) -> Iterator[str]:
    """One call; the variable that it sets says to whom it goes on."""
    method = f"is_{call.method.lower()}"
    yield f"    # {call.method} {call.target}: {call.why}"
    yield f"    acl {call.name} url -m reg '{call.pattern}'"
    if not call.body:
        yield f"    http-request set-var(txn.kind) str({call.kind.value}) if {method} {call.name} no_body"
        return
    yield f"    acl {call.name}_fits req.hdr(content-length),length le 5"
    yield f"    acl {call.name}_small req.hdr_val(content-length) le {call.most}"
    yield f"    acl {call.name}_body req.body -m reg '{call.body}'"
    small = f"{method} {call.name} {call.name}_fits {call.name}_small"
    yield f"    http-request wait-for-body time 5s if {small}"
    yield f"    http-request set-var(txn.kind) str({call.kind.value}) if {small} {call.name}_body"
