"""The embedded engine's API says what a real engine says: statuses, words, fields and events.

The same script of bare calls is made to both. Where a real 20.10 has more fields than ours that
is no fault; a field of ours that it has not, or has with another type, is one.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep, time
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
import trio

from reactor.testing.api import serve_world
from reactor.testing.world import World
from tests.real.waiting import until
from tests.testing.raw import HEX, Raw, Said, strays

V = "/v1.41"
MARK = re.compile(r"twin-[0-9a-f]{8}-")
WITHIN = 30.0


@dataclass
class Story:
    """What one engine said in the course of the script, by the name of the step."""

    words: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)
    events: dict[str, list[Any]] = field(default_factory=dict)


class Script:
    """The script. It makes containers with names of its own and removes them all.

    ``writes`` is whether programs write what they are told to; ours do not, and handle signals from the first
    moment on.
    """

    def __init__(self, raw: Raw, *, writes: bool) -> None:
        self.raw = raw
        self.writes = writes
        self.mark = f"twin-{uuid4().hex[:8]}-"
        self.story = Story()
        self.ids: dict[str, str] = {}

    def say(self, step: str, method: str, path: str, body: Any = None) -> Said:
        """Make a call and remember the words."""
        said = self.raw.call(method, V + path, body)
        status, kind, words = said.told
        self.story.words[step] = status, kind, MARK.sub("", words)
        return said

    def get(self, step: str, path: str) -> Any:
        """Make a call and remember the document."""
        self.story.documents[step] = self.say(step, "GET", path).document
        return self.story.documents[step]

    def make(self, name: str, *command: str, **host: Any) -> str:
        """Create a container."""
        labels, more = host.pop("labels", {}), host.pop("more", {})
        given = more | {
            "Image": "busybox:test",
            "Cmd": command or ("sleep", "1000"),
            "Labels": labels,
            "HostConfig": {"NetworkMode": "none"} | host,
        }
        said = self.say(f"create {name}", "POST", f"/containers/create?name={self.mark}{name}", given)
        self.ids[name] = said.document["Id"]
        return self.ids[name]

    def do(self, verb: str, name: str, more: str = "", times: str = "") -> Said:
        """Do something with a container."""
        return self.say(f"{verb} {name}{times}", "POST", f"/containers/{self.ids[name]}/{verb}{more}")

    def run(self, name: str, *command: str, **host: Any) -> str:
        """Create and start."""
        made = self.make(name, *command, **host)
        self.do("start", name)
        return made

    def play(self) -> Story:
        """Play everything, whatever happens remove it again."""
        try:
            self.tell_of_the_engine()
            self.tell_of_one_life()
            self.tell_of_a_sidecar()
            self.tell_of_other_lives()
            self.tell_of_traits()
            self.tell_of_refusals()
            self.collect_events()
        finally:
            for made in self.ids.values():
                self.raw.call("DELETE", f"{V}/containers/{made}?force=1")
        return self.story

    def tell_of_the_engine(self) -> None:
        """Who is there, what time is it, which images are there."""
        self.began = time()
        for step, path in (("version", "/version"), ("info", "/info"), ("images", "/images/json")):
            self.get(step, path)
        self.get("image", "/images/busybox:test/json")
        self.say("no image", "GET", "/images/nope/json")
        self.say("nothing", "GET", "/nothing")
        self.say("wrong method", "POST", "/info")

    def tell_of_one_life(self) -> None:
        """A container with limits, from its creation to its end."""
        limits = {"Memory": 64 << 20, "MemorySwap": 64 << 20, "PidsLimit": 100}
        made = self.make("main", labels={"exitCode": "0", "own": "label"}, **limits)
        self.get("inspect created", f"/containers/{made}/json")
        self.get("frame of none", f"/containers/{made}/stats?stream=false")
        for verb in ("stop", "kill", "pause", "unpause"):
            self.do(verb, "main", times=" before")
        self.do("start", "main")
        self.do("start", "main", times=" again")
        self.get("inspect running", f"/containers/{made}/json")
        self.story.documents["frames"] = self.raw.lines(f"{V}/containers/{made}/stats", 2)
        self.get("one frame", f"/containers/{made}/stats?stream=false&one-shot=1")
        for verb in ("pause", "pause", "unpause", "unpause"):
            self.do(verb, "main", times=f" {len(self.story.words)}")
        self.wait_told("main", "unpause")
        self.do("rename", "main", f"?name={self.mark}other")
        self.list_own("running")
        self.tell_of_updates("main")
        self.get("inspect updated", f"/containers/{made}/json")
        self.say("remove running", "DELETE", f"/containers/{made}")
        self.do("kill", "main", "?signal=NONSENSE", " badly")

    def tell_of_updates(self, name: str) -> None:
        """Limits that are taken, and limits that are not."""
        path = f"/containers/{self.ids[name]}/update"
        self.story.documents["updated"] = self.say("update", "POST", path, {"PidsLimit": 77}).document
        self.say("update too little", "POST", path, {"Memory": 1 << 20, "MemorySwap": 1 << 20})
        self.say("update over swap", "POST", path, {"Memory": 128 << 20})
        self.say("update memory", "POST", path, {"Memory": 96 << 20, "MemorySwap": 96 << 20})
        policy = {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2}}
        self.say("update policy", "POST", path, policy)

    def tell_of_traits(self) -> None:
        """A health check, rights, a user, logs and ports; and ports without a network."""
        check = {"Test": ["CMD-SHELL", "true"], "Interval": 4_000_000_000, "Retries": 2}
        more = {"Healthcheck": check, "User": "1000:1000"}
        ports = {"8080/tcp": [{"HostIp": "", "HostPort": ""}]}
        host = {"Privileged": True, "Init": True, "LogConfig": {"Type": "none"}, "PortBindings": ports}
        made = self.run("traits", more=more, **host)
        self.get("inspect starting", f"/containers/{made}/json")
        self.wait_inspected("traits", lambda said: said["State"]["Health"]["Status"] != "starting")
        self.get("inspect healthy", f"/containers/{made}/json")
        self.list_own("healthy")
        self.do("pause", "traits")
        self.get("inspect paused", f"/containers/{made}/json")
        self.do("kill", "traits")
        self.wait("traits")
        self.get("inspect killed", f"/containers/{made}/json")
        self.make("wishes", NetworkMode="bridge", PortBindings=ports)
        self.get("inspect wishes", f"/containers/{self.ids['wishes']}/json")

    def list_own(self, step: str) -> None:
        """Remember the rows of our own containers."""
        rows = self.raw.call("GET", f"{V}/containers/json?all=1").document
        self.story.documents[f"rows {step}"] = [row for row in rows if row["Id"] in self.ids.values()]

    def tell_of_a_sidecar(self) -> None:
        """A sidecar loses its main, and with it its stats."""
        self.run("side", NetworkMode=f"container:{self.mark}other")
        self.get("inspect side", f"/containers/{self.ids['side']}/json")
        self.do("kill", "main")
        self.do("kill", "main", times=" again")
        self.do("stop", "main", times=" after")
        self.do("pause", "main", times=" after")
        self.get("frame without main", f"/containers/{self.ids['side']}/stats?stream=false")
        self.do("stop", "side", "?t=0")
        self.do("start", "side", times=" alone")
        sleep(0.1)
        self.list_own("ended")

    def tell_of_other_lives(self) -> None:
        """One that ends itself, one that comes back, one that cannot start, one that goes at its end."""
        self.run("three", "sh", "-c", "sleep 0.2; exit 3")
        self.wait("three")
        self.get("inspect ended", f"/containers/{self.ids['three']}/json")
        policy = {"Name": "on-failure", "MaximumRetryCount": 1}
        self.run("loop", "sh", "-c", "sleep 0.2; exit 1", RestartPolicy=policy)
        self.wait_inspected(
            "loop", lambda said: (said["State"]["Status"], said["RestartCount"]) == ("exited", 1)
        )
        self.get("inspect loop", f"/containers/{self.ids['loop']}/json")
        self.run("again", "sh", "-c", "trap 'exit 0' TERM; echo ready; while true; do sleep 0.05; done")
        self.wait_ready("again", 1)
        self.do("restart", "again", "?t=5")
        self.wait_ready("again", 2)
        self.do("stop", "again", "?t=5")
        self.run("rm", AutoRemove=True)
        policy = {"RestartPolicy": {"Name": "always"}}
        self.say("update policy of rm", "POST", f"/containers/{self.ids['rm']}/update", policy)
        self.do("kill", "rm")
        path = f"/containers/{self.ids['rm']}/json"
        until(lambda: self.raw.call("GET", V + path).status == 404, WITHIN, "it is removed")
        self.say("inspect rm", "GET", path)

    def wait(self, name: str) -> None:
        """Wait for an end and remember the exit code."""
        self.story.documents[f"wait {name}"] = self.do("wait", name).document

    def wait_inspected(self, name: str, is_so: Callable[[Any], bool]) -> None:
        """Ask until it is so; what is said before belongs to no story."""
        path = f"{V}/containers/{self.ids[name]}/json"
        until(lambda: is_so(self.raw.call("GET", path).document), WITHIN, f"it is so of {name}")

    def wait_ready(self, name: str, times: int) -> None:
        """Wait until it handles signals, by its own word in so many runs: who is PID 1 loses one before."""
        path = f"{V}/containers/{self.ids[name]}/logs?stdout=1"
        if self.writes:
            until(lambda: self.raw.call("GET", path).body.count(b"ready") == times, WITHIN, "it is ready")

    def wait_told(self, name: str, action: str) -> None:
        """Wait for an event that comes from below the engine: what it does itself may be told of sooner."""
        asked = json.dumps({"container": [self.ids[name]], "event": [action]})
        path = f"{V}/events?since={self.began - 5:.3f}&filters={quote(asked)}"
        self.raw.lines(path, 1)

    def tell_of_refusals(self) -> None:
        """What cannot be done, and how that is said."""
        create, image = f"/containers/create?name={self.mark}", {"Image": "busybox:test", "Cmd": ["true"]}
        self.say("name taken", "POST", f"{create}three", image)
        self.say("bad name", "POST", "/containers/create?name=!", image)
        self.say("no command", "POST", f"{create}x", {"Image": "busybox:test"})
        self.say("no such image", "POST", f"{create}x", {"Image": "nope", "Cmd": ["true"]})
        self.do("rename", "three", f"?name={self.mark}other", " taken")
        self.say("bad filter", "GET", '/containers/json?filters={"bogus":["x"]}')
        self.say("bad since", "GET", "/events?since=abc")
        self.say("since after until", "GET", "/events?since=10&until=5")
        for verb in ("start", "kill", "stop", "pause"):
            self.say(f"{verb} nobody", "POST", f"/containers/{'0' * 64}/{verb}")
        self.say("remove nobody", "DELETE", f"/containers/{'0' * 64}")
        self.say("stats of nobody", "GET", f"/containers/{'0' * 64}/stats")

    def collect_events(self) -> None:
        """What was told of each container, and of its network."""
        ids = {made: name for name, made in self.ids.items()}
        query = f"since={self.began - 5:.3f}&until={time() + 0.3:.3f}"
        # Names of networks differ in nothing but their ids; the host's other business is left out.
        for line in self.raw.call("GET", f"{V}/events?{query}").body.splitlines():
            event = Said(200, "", line).document
            name = ids.get(event["Actor"]["Attributes"].get("container", event["Actor"]["ID"]))
            if name:
                self.story.events.setdefault(name, []).append(event)


async def both(docker_host: str, socket_path: Path) -> tuple[Story, Story]:
    """Hear the embedded engine's story and the real one's, at the same time."""
    if not docker_host.startswith("unix://"):
        pytest.fail("this comparison makes its calls on a unix socket")
    # Which of the two is the slower one says nothing about its list, so ours does not lag here.
    world = World(epoch=time(), kill_takes=0.02, list_lag=0.0)
    world.add_image()
    ours = Script(Raw(str(socket_path)), writes=False)
    real = Script(Raw(docker_host.removeprefix("unix://")), writes=True)
    async with trio.open_nursery() as world_nursery:
        await world_nursery.start(serve_world, world, socket_path)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.to_thread.run_sync, ours.play)
            nursery.start_soon(trio.to_thread.run_sync, real.play)
        world_nursery.cancel_scope.cancel()
    return ours.story, real.story


def brief(event: Any) -> tuple[str, str, dict[str, str]]:
    """An event without what differs from run to run."""
    said = {key: MARK.sub("", HEX.sub("ID", value)) for key, value in event["Actor"]["Attributes"].items()}
    return event["Type"], event["Action"], said


def facts(story: Story) -> dict[str, Any]:
    """What decides anything: it must have the same value on both, not only the same type."""
    found: dict[str, Any] = {}
    for step, document in story.documents.items():
        if step.startswith("inspect"):
            found |= {f"{step} {key}": value for key, value in inspect_facts(document).items()}
        if step.startswith("rows"):
            found[step] = [(row["State"], row["Status"].split("(")[0][:2], row["Labels"]) for row in document]
    frames = [story.documents[step] for step in ("frame of none", "frame without main")]
    found["zero"] = [(f["read"], f["pids_stats"], f["memory_stats"]) for f in frames]
    found["limits"] = [(f["pids_stats"], f["memory_stats"]["limit"]) for f in story.documents["frames"]]
    found["wait"] = story.documents["wait three"]
    return found


def inspect_facts(document: Any) -> dict[str, Any]:
    """The facts of one inspect, without what differs from run to run."""
    state, host = document["State"], document["HostConfig"]
    return {
        "state": {k: v for k, v in state.items() if k not in ("Pid", "StartedAt", "FinishedAt", "Health")},
        "health": [state.get("Health", {}).get(key) for key in ("Status", "FailingStreak")],
        "never": [state[k].startswith("0001") for k in ("StartedAt", "FinishedAt")],
        "count": document["RestartCount"],
        "modes": [HEX.sub("ID", host[k]) for k in ("NetworkMode", "PidMode", "IpcMode")],
        "limits": [host[k] for k in ("Memory", "PidsLimit", "AutoRemove")],
        "labels": document["Config"]["Labels"],
        "policy": [host["RestartPolicy"]["Name"] or "no", host["RestartPolicy"]["MaximumRetryCount"]],
        "rights": [host["Privileged"], host.get("Init"), document["Config"]["User"]],
        "logs": host["LogConfig"],
        "ports": [host["PortBindings"] or None, document["NetworkSettings"]["Ports"]],
        "check": document["Config"].get("Healthcheck"),
    }


async def test_both_engines_tell_the_same_story(docker_host: str, socket_path: Path) -> None:
    """Statuses and words, then the fields and facts of every document, then every container's events."""
    ours, real = await both(docker_host, socket_path)
    assert ours.words == real.words
    faults = {step: strays(document, real.documents[step]) for step, document in ours.documents.items()}
    assert {step: found for step, found in faults.items() if found} == {}
    assert facts(ours) == facts(real)
    told = [{name: [brief(e) for e in es] for name, es in story.events.items()} for story in (ours, real)]
    assert told[0] == told[1]
    for name, events in ours.events.items():
        assert [list(e) for e in events] == [list(e) for e in real.events[name]]
