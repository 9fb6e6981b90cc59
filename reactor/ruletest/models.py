"""The shape of a test file: which keys there are, and what may stand behind each.

Shape only, as in ``ruleset.models``; what keys mean together is checked in ``reading``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from reactor.core.container import State
from reactor.core.owners import Presence
from reactor.core.verbs import Action
from reactor.ruleset.models import Duration, Shape, Strict, Text
from reactor.ruletest.config import ConfigKind
from reactor.ruletest.values import (
    Age,
    BytesCourse,
    CoresCourse,
    CountCourse,
    Flag,
    Labels,
    Whole,
    WholeOrUnknown,
    one_of,
)

LOST, BACK = "lost", "back"
"""What can be with the engine's events."""
ABSENT = "absent"
"""The state of a container that the engine does not know yet."""
STATES = (ABSENT, *(state.value for state in State))
LATER_STATES = ("running", "paused", "restarting")
"""What ``state`` can be changed to by a fact; how runs begin and end is said by facts of their own."""

StateWord = Annotated[str, one_of(*STATES)]
LaterState = Annotated[
    str,
    one_of(
        *LATER_STATES,
        remedy="it changes to running, paused or restarting; runs end by 'dies' and begin by 'starts'",
    ),
]
Health = Annotated[str, one_of("", "none", "starting", "healthy", "unhealthy")]


EventsWord = Annotated[str, one_of(LOST, BACK)]
PresenceWord = Annotated[str, one_of(*(each.value for each in Presence))]


class HostText(Strict):
    """What the kernel says of the host's memory."""

    memory_total: BytesCourse = None
    memory_available: BytesCourse = None


class SampledText(Strict):
    """What is read of a container again and again."""

    pids: CountCourse = None
    pids_limit: CountCourse = None
    memory: BytesCourse = None
    memory_limit: BytesCourse = None
    cpu: CoresCourse = None
    zombies: CountCourse = None
    layer_writes: BytesCourse = None


class ChangeText(SampledText):
    """What a fact can say of a container."""

    state: LaterState = ""
    name: Text = ""
    labels: Labels = Field(default={})
    health: Health = ""
    restarts: WholeOrUnknown = None
    memory_limited: Flag = None
    pids_limited: Flag = None
    cpu_limited: Flag = None


class BoxText(SampledText):
    """An entry of ``containers``: how it is when the test begins."""

    state: StateWord = State.RUNNING.value
    name: Text = ""
    image: Text = "example:1"
    labels: Labels = Field(default={})
    image_labels: Labels = Field(default={})
    age: Age = 0.0
    exit_code: WholeOrUnknown = None
    restarts: WholeOrUnknown = 0
    health: Health = ""
    joins: list[Text] = Field(default=[])
    privileged: Flag = None
    init: Flag = None
    memory_limited: Flag = None
    pids_limited: Flag = None
    cpu_limited: Flag = None
    user: Text = ""
    log_driver: Text = ""
    ports: list[Text] = Field(default=[])
    restart_policy: Text = ""


class FactText(Strict):
    """An entry of ``facts``. Every other key is the name of a container, with what changes of it."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, arbitrary_types_allowed=True)
    __pydantic_extra__: dict[str, ChangeText] = Field(init=False)

    at: Duration
    oom: Text = ""
    dies: Text = ""
    exit_code: Whole = 0
    created: Text = ""
    starts: Text = ""
    removed: Text = ""
    silent: Text = ""
    events: EventsWord = ""
    owners: dict[str, PresenceWord] = Field(default={})
    host: HostText = HostText()


ACTIONS = tuple(action.value for action in Action)
"""What an expectation can be about, by the action that a chain is known by."""


class ExpectText(Strict):
    """An entry of ``expect``: a decision, or what a rule says at some moment."""

    at: Duration
    kill: Text = ""
    stop: Text = ""
    restart: Text = ""
    remove: Text = ""
    pause: Text = ""
    limit: Text = ""
    notice: Text = ""
    evidence: Text = ""
    exec: Text = ""
    webhook: Text = ""
    rule: Text = ""
    because: Text = ""
    summary: Text = ""
    because_of: Text = ""
    grace: Duration | None = None
    dry_run: bool = False
    unknown: Text = ""
    holds: Text = ""
    rules: list[Text] = Field(default=[])


class CaseText(Strict):
    """An entry of ``tests``."""

    name: Text
    config: Any = None
    host: HostText = HostText()
    containers: dict[str, BoxText]
    facts: list[FactText] = Field(default=[])
    expect: list[ExpectText]
    until: Duration | None = None


class FileText(Strict):
    """A test file."""

    rules: list[Text] = Field(default=[], min_length=1)
    config: Any = None
    tests: list[CaseText] = Field(min_length=1)


def file_model(kind: ConfigKind) -> type[FileText]:
    """The model of a file in which ``config`` has this shape."""
    config: Any = (kind.model | None, None)
    test = create_model("CaseText", __base__=CaseText, config=config)
    tests: Any = (list[test], Field(min_length=1))  # type: ignore[valid-type]  # It is made just above.
    return create_model("FileText", __base__=FileText, config=config, tests=tests)


NAMED = {"containers": "*", "facts": "*"}
"""Keys below which a container's name stands."""
FACT_KEYS = frozenset(FactText.model_fields)
HOST_KEY = "host"


@dataclass(frozen=True, slots=True)
class CaseShape(Shape):
    """A shape in which names of containers stand for themselves."""

    def _at(self, path: tuple[str | int, ...]) -> tuple[type[BaseModel], str]:
        words = [step for step in path if isinstance(step, str)]
        plain = tuple("*" if _is_name(words, at) else word for at, word in enumerate(words))
        return self.models[plain]


def _is_name(words: list[str], at: int) -> bool:
    before = words[at - 1] if at else ""
    if words[0] != "tests" or at != 2:
        return False
    return before == "containers" or (before == "facts" and words[at] != HOST_KEY)


def shape(kind: ConfigKind) -> CaseShape:
    """What each map in a test file is called."""
    config = dict(kind.shape.models)
    models: Mapping[tuple[str, ...], tuple[type[BaseModel], str]] = {
        (): (FileText, "a test file"),
        ("tests",): (CaseText, "a test"),
        ("tests", "containers"): (BoxText, "'containers'"),
        ("tests", "containers", "*"): (BoxText, "a container"),
        ("tests", HOST_KEY): (HostText, "'host'"),
        ("tests", "facts"): (FactText, "a fact"),
        ("tests", "facts", HOST_KEY): (HostText, "'host'"),
        ("tests", "facts", "*"): (ChangeText, "a change"),
        ("tests", "expect"): (ExpectText, "an expectation"),
        **{("config", *path): named for path, named in config.items()},
        **{("tests", "config", *path): named for path, named in config.items()},
    }
    return CaseShape(models)


def is_given(text: BaseModel, key: str) -> bool:
    """Whether a key was written."""
    return key in text.model_fields_set
