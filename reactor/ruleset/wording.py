"""What the other words of a rule file do, in words for people: functions, methods, triggers, actions.

Which there are is said by the language and by the models; ``reference`` makes a page of it, and a test holds
that none is left out. What the names in a condition are is in ``meanings``.
"""

from collections.abc import Mapping
from types import MappingProxyType

from reactor.core.rules import Trigger
from reactor.core.verbs import Action

FUNCTIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "rate": (
            "rate(pids, 5s)",
            "the change a second, from the first reading of the window to the last",
        ),
        "max": (
            "max(memory, 1m)",
            "the largest reading",
        ),
        "min": (
            "min(memory, 1m)",
            "the smallest reading",
        ),
        "avg": (
            "avg(cpu, 5m)",
            "the average of the readings",
        ),
        "time_to": (
            "time_to(memory, memory_limit)",
            "how long until the one is at the other as in the last 10 s; or in a third argument's window",
        ),
        "changes": (
            "changes(restarts, 10m)",
            "how often the container was restarted by its policy",
        ),
        "size": ("size(name)", "the characters of a text, the entries of a list or of the labels"),
    }
)
"""What can be called: an example, and what it gives."""

METHODS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "contains": ('image.contains("/ml/")', "whether a text has this in it"),
        "endsWith": ('name.endsWith("-db")', "whether a text ends so"),
        "hasValue": ('labels[?"team"].hasValue()', "whether a label is there"),
        "matches": ('name.matches("^ci-[0-9]+$")', "whether a regular expression (RE2) is found in a text"),
        "orValue": ('labels[?"team"].orValue("none")', "a label, or this where it is missing"),
        "size": ("name.size()", "the same as `size(name)`"),
        "startsWith": ('name.startsWith("ci-")', "whether a text begins so"),
    }
)
"""What can be asked with a point: an example, and what it gives."""

TRIGGERS: Mapping[Trigger, str] = MappingProxyType(
    {
        Trigger.OOM: (
            "The kernel killed a process of the container for lack of memory, by its own word or "
            "the engine's; not where the whole host had none left, as far as that is known. Also "
            "in the ten minutes before the monitor came, as far as the engine still knows: it "
            "remembers 256 events, until it is restarted."
        ),
        Trigger.DIE: ("The container's main process ended."),
        Trigger.UNHEALTHY: ("Its health check began to fail."),
        Trigger.START: ("A run began."),
        Trigger.CREATE: ("The container was created."),
        Trigger.CRASH_LOOP: ("It ends and is restarted again and again."),
        Trigger.ORPHANED: ("It is a sidecar whose main container is gone."),
        Trigger.OWNER_GONE: ("It is a main whose owner has been proved gone for `times.owner_grace`."),
        Trigger.BLIND: ("Nothing can be seen of it. Needs `for`: how long that may last."),
    }
)
"""When each trigger counts."""

ACTIONS: Mapping[Action, str] = MappingProxyType(
    {
        Action.KILL: ("Ends the container at once."),
        Action.STOP: ("Sends its stop signal and, if it still runs after the grace, ends it as `kill` does."),
        Action.RESTART: ("Stops it and starts it again. Its sidecars stay."),
        Action.REMOVE: ("Ends it, and removes the container. Its volumes stay."),
        Action.PAUSE: ("Freezes it; nobody but you lets it go on."),
        Action.LIMIT: ("Sets hard limits, and reads them back. `swap` is memory and swap together."),
        Action.NOTICE: (
            "Writes `notice.json` into the folder that the container has mounted at "
            "`/run/reactor`: by which rule, why, and in how many seconds it ends. No signal is "
            "sent: engines take any signal for a stop by hand, and would not restart the "
            "container any more."
        ),
        Action.EVIDENCE: (
            "Puts the processes and the last lines of output on record before anything else goes "
            "on; behind `pause` nothing moves meanwhile."
        ),
        Action.EXEC: ("Runs a program that the configuration has under this name, without a shell."),
        Action.WEBHOOK: (
            "Sends a CloudEvent to an address that the configuration has under this name. Nothing "
            "waits for it."
        ),
    }
)
"""What each action does."""
