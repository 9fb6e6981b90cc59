"""What is known of one sidecar that was made: whether it is ready, of which time it is, and how it ended.

What follows from that is in ``providing``.
"""

from collections.abc import Mapping

from reactor.core.container import State
from reactor.core.ending import ended_note
from reactor.core.moments import nanoseconds
from reactor.core.notes import Cause
from reactor.core.provision_steps import Table
from reactor.core.provisions import Task
from reactor.core.readiness import is_ready
from reactor.core.recipes import OnFailure, Template
from reactor.core.state import Entry
from reactor.core.templating import MAIN, SERVICE

NOT_BEGUN: Mapping[int | None, str] = {126: "cannot be executed", 127: "is not there"}
"""The exit codes by which an init, or a shell, says that it could not begin the program at all."""
NETWORK = "network"
"""Why a sidecar failed whose network is that of one who is there no more."""
SLACK = 50_000_000
"""Nanoseconds by which one may have begun before whom it joins: engines write it down a moment late."""
OURS = "reactor"
"""Why a sidecar failed that was ended by ourselves, by a rule or because its task seemed to be over."""


def is_up(table: Table, template: Template, entry: Entry) -> bool:
    """Whether it is ready. One that is older than our knowledge of it, and ill, has been so before."""
    if entry.container.state is not State.RUNNING:
        return False
    ready = is_ready(entry)
    if ready is not None:
        return ready
    return entry.container.health_check is None or table.at - began(entry) > template.ready_within


def began(entry: Entry) -> float:
    """When this run began, or was first seen, if that is not known for certain."""
    return entry.container.born if entry.container.born is not None else entry.adopted_at


def is_without_host(table: Table, template: Template) -> bool:
    """Whether the sidecar whose network it shares is away: it is made anew first."""
    host = _host(template)
    return host is not None and not (host in table.task.made and table.task.made[host].alive)


def _host(template: Template) -> str | None:
    """The template whose network it shares, None if it shares no sidecar's."""
    mode = template.recipe.network_mode
    return mode.removeprefix(SERVICE) if mode.startswith(SERVICE) else None


def is_cut_off(table: Table, template: Template, entry: Entry) -> bool:
    """Whether the network that it shares is that of one who is there no more, or has begun anew since: with
    each start a container has another one."""
    task, joins, host = table.task, entry.container.joins, _host(template)
    if not joins or (host is None and template.recipe.network_mode != MAIN):
        return False
    hosts = task.mains if host is None else [task.made[host]] if host in task.made else []
    joined = [each for each in hosts if each.run.id in joins]
    if not joined:
        return bool(hosts)
    return any(_is_later(each, entry) for each in joined)


def _is_later(other: Entry, entry: Entry) -> bool:
    """Whether this run of it began after the sidecar's; by the engine's own words, and not if they are
    unsure."""
    its, own = nanoseconds(other.run.started_at), nanoseconds(entry.run.started_at)
    if other.unsure or entry.unsure or its is None or own is None:
        return False
    return its > own + SLACK


def policy_of(template: Template, why: str, *, there: bool) -> OnFailure:
    """What is done about a failure. Whom we ended ourselves never costs its task its life, and what lost its
    network is made anew whatever the template says; ``there`` tells that it had been made."""
    if (why == NETWORK and there) or (why == OURS and template.on_failure is OnFailure.END):
        return OnFailure.RETRY
    return template.on_failure


def is_of_earlier(task: Task, entry: Entry) -> bool:
    """Whether it was over before any main of now began: then it is of an earlier time of this task."""
    over = entry.container.finished if entry.container.finished is not None else entry.ended_at
    if not entry.run.started_at or over is None:
        return False
    return all(over < began(main) for main in task.mains)


def _is_our_doing(entry: Entry, at: float) -> bool:
    """Whether it was ended by ourselves: then it is made anew, and never costs its task its life."""
    return ended_note(entry, at).cause is Cause.REACTOR


def why_it_ended(entry: Entry, at: float) -> str:
    """Why it is over, in one word."""
    if _is_our_doing(entry, at):
        return OURS
    return "start" if entry.container.exit_code in NOT_BEGUN else "ended"


def how_it_ended(entry: Entry) -> str:
    """How it ended, for people."""
    code = entry.container.exit_code
    if code in NOT_BEGUN:
        return f"its program {NOT_BEGUN[code]} (exit code {code}): look at its command"
    words = "it ended" if code is None else f"it ended with exit code {code}"
    return f"{words}: it had no memory left" if entry.container.oom_killed else words
