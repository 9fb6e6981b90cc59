"""The shape of a service in Compose syntax: the keys of the subset, and what each takes.

Shape only: what single values mean is in ``texts``, ``amounts``, ``folders`` and ``networks``, what keys mean
together in ``together``, and what Compose has beyond it in ``elsewhere``.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from reactor.core.recipes import Bind, OnFailure, Port
from reactor.ruleset.compose import amounts, editor, elsewhere, folders, networks, texts

_Words = Annotated[tuple[str, ...] | None, PlainValidator(texts.words, json_schema_input_type=editor.Words)]
_Test = Annotated[tuple[str, ...], PlainValidator(texts.test, json_schema_input_type=editor.Words)]
_Pairs = Mapping[str, str]
_Environment = Annotated[_Pairs, PlainValidator(texts.environment, json_schema_input_type=editor.Pairs)]
_Labels = Annotated[_Pairs, PlainValidator(texts.labels, json_schema_input_type=editor.Pairs)]
_Image = Annotated[str, PlainValidator(texts.image, json_schema_input_type=editor.Word)]
_User = Annotated[str, PlainValidator(texts.user, json_schema_input_type=editor.TextOrNumber)]
_Path = Annotated[str, PlainValidator(folders.inner_path, json_schema_input_type=editor.Word)]
_Volume = Annotated[Bind, PlainValidator(folders.volume, json_schema_input_type=editor.Volume)]
_Port = Annotated[Port, PlainValidator(networks.port, json_schema_input_type=editor.TextOrNumber)]
_Mode = Annotated[str, PlainValidator(networks.network_mode, json_schema_input_type=editor.Word)]
_Needs = Annotated[
    Mapping[str, bool], PlainValidator(texts.depends_on, json_schema_input_type=editor.DependsOn)
]
_Restart = Annotated[str, PlainValidator(texts.restart, json_schema_input_type=editor.Restart)]
_Memory = Annotated[int | None, PlainValidator(amounts.memory, json_schema_input_type=editor.TextOrNumber)]
_Pids = Annotated[int | None, PlainValidator(amounts.pids, json_schema_input_type=editor.Count)]
_Cpus = Annotated[float | None, PlainValidator(amounts.cpus, json_schema_input_type=editor.TextOrNumber)]
_Grace = Annotated[float | None, PlainValidator(amounts.grace, json_schema_input_type=editor.Duration)]
_Interval = Annotated[float, PlainValidator(amounts.interval, json_schema_input_type=editor.Duration)]
_Wait = Annotated[float, PlainValidator(amounts.wait, json_schema_input_type=editor.Duration)]
_Tries = Annotated[int, PlainValidator(amounts.tries, json_schema_input_type=editor.Count)]
_OnFailure = Annotated[OnFailure, PlainValidator(texts.on_failure, json_schema_input_type=editor.OnFailure)]
_Owner = Annotated[tuple[int, int] | None, PlainValidator(folders.owner, json_schema_input_type=editor.Owner)]
_Octal = Annotated[int, PlainValidator(folders.mode, json_schema_input_type=editor.Mode)]
_Service = Annotated[str, PlainValidator(texts.service_name, json_schema_input_type=editor.Word)]


class ComposeText(BaseModel):
    """Keys that are not known are mistakes, never ignored."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)


class HealthText(ComposeText):
    """How it is seen whether it is healthy."""

    test: _Test = Field(default=(), description="A command; its exit code 0 is healthy.")
    interval: _Interval = Field(default=30.0, description="How long from one check to the next.")
    timeout: _Interval = Field(default=30.0, description="How long a check may take.")
    retries: _Tries = Field(default=3, description="With so many failed checks in a row it is unhealthy.")
    start_period: _Wait = Field(default=0.0, description="For how long failed checks do not count at first.")
    disable: bool = Field(default=False, description="Without the image's own check.")


class LimitsText(ComposeText):
    """Compose's longer way to write limits."""

    memory: _Memory = Field(default=None, description="As mem_limit.")
    cpus: _Cpus = Field(default=None, description="As cpus.")
    pids: _Pids = Field(default=None, description="As pids_limit.")


class ResourcesText(ComposeText):
    """Of what `deploy` says about resources, the limits."""

    limits: LimitsText = Field(default_factory=LimitsText, description="The limits.")


class DeployText(ComposeText):
    """Of Compose's `deploy`, the limits."""

    resources: ResourcesText = Field(default_factory=ResourcesText, description="What it may use.")


class FolderText(ComposeText):
    """A data folder: who owns it when it is made."""

    owner: _Owner = Field(default=None, description="User and group as numbers, as in `999:999`.")
    mode: _Octal = Field(default=0o700, description="Permissions in octal, as in `0700`.")
    shared: bool = Field(default=False, description="One for all tasks, below `${REACTOR_SHARED}`.")


class ReactorText(ComposeText):
    """What Compose has no word for."""

    on_failure: _OnFailure = Field(
        default=OnFailure.RETRY, description="What becomes of the task without it: retry, end or ignore."
    )
    ready_within: _Interval = Field(default=60.0, description="How long it may take until it is ready.")
    folders: dict[str, FolderText] = Field(
        default={}, description="Data folders by their names, where they are to be another's than root's."
    )
    sidecar_of: _Service = Field(
        default="", description="In a stack: the service that this one stands beside, and goes with."
    )


class ServiceText(ComposeText):
    """A service in Compose syntax: a template of sidecars, or a part of a stack."""

    image: _Image = Field(description="The image; it has to be there, none is pulled.")
    command: _Words = Field(default=None, description="What it runs, instead of the image's own.")
    entrypoint: _Words = Field(default=None, description="What runs the command, instead of the image's own.")
    environment: _Environment = Field(default={}, description="Environment variables, each with its value.")
    working_dir: _Path = Field(default="", description="The folder that it starts in.")
    user: _User = Field(default="", description="As whom it runs.")
    labels: _Labels = Field(default={}, description="Labels; those that begin with `reactor.` are ours.")
    volumes: list[_Volume] = Field(default=[], description="Folders of the host, as `source:target[:ro]`.")
    ports: list[_Port] = Field(default=[], description="Published ports, on loopback unless said otherwise.")
    network_mode: _Mode = Field(default="", description="none, bridge, main or service:NAME.")
    healthcheck: HealthText = Field(
        default_factory=HealthText, description="How it is seen that it is healthy."
    )
    depends_on: _Needs = Field(default={}, description="What has to be there, or healthy, before it.")
    mem_limit: _Memory = Field(default=None, description="Memory, as in `512m`; 8 GiB if nothing is said.")
    memswap_limit: _Memory = Field(default=None, description="Memory and swap together; as much as memory.")
    pids_limit: _Pids = Field(default=None, description="Processes and threads; 256 if nothing is said.")
    cpus: _Cpus = Field(default=None, description="Cores; 2 if nothing is said.")
    deploy: DeployText = Field(default_factory=DeployText, description="Limits in Compose's longer way.")
    init: bool = Field(default=True, description="An init as PID 1.")
    read_only: bool = Field(default=False, description="Its own file system cannot be written to.")
    stop_grace_period: _Grace = Field(default=None, description="How long it may take to end by itself.")
    restart: _Restart = Field(default="no", description="The engine's restart policy; `no` for sidecars.")
    reactor: ReactorText = Field(
        default_factory=ReactorText, alias="x-reactor", description="What reactor adds to Compose."
    )


def models_below(above: tuple[str, ...], what: str) -> Mapping[tuple[str, ...], tuple[type[BaseModel], str]]:
    """For a ``Shape``: the models of services whose names stand below these keys."""
    each = (*above, "*")
    return {
        each: (ServiceText, what),
        (*each, "healthcheck"): (HealthText, "'healthcheck'"),
        (*each, "deploy"): (DeployText, "'deploy'"),
        (*each, "deploy", "resources"): (ResourcesText, "'resources'"),
        (*each, "deploy", "resources", "limits"): (LimitsText, "'limits'"),
        (*each, "x-reactor"): (ReactorText, "'x-reactor'"),
        (*each, "x-reactor", "folders", "*"): (FolderText, "a data folder"),
    }


def beyond() -> Mapping[type[BaseModel], Mapping[str, str]]:
    """For a ``Shape``: the keys that Compose has and we have not, with what to do instead."""
    return {
        ServiceText: elsewhere.SERVICE,
        HealthText: elsewhere.HEALTH,
        DeployText: elsewhere.DEPLOY,
        ResourcesText: elsewhere.RESOURCES,
    }
