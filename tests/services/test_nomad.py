"""The job of Nomad: parsed, and held to the code. It is not run here: there is no Nomad to be had."""

import re
from pathlib import Path
from typing import Any

import hcl2
import pytest

from reactor.app.options import parser
from reactor.journal.shelter import PLACES
from reactor.web.listen import DEFAULT, parse_listen
from tests.services.files import NOMAD, rights_in_a_container


def nomad_job() -> Any:
    """The one job of the Nomad file, without the quotes and marks of its parser."""
    return _plain(hcl2.loads(NOMAD.read_text()))["job"][0]["reactor"]


def _plain(said: Any) -> Any:
    if isinstance(said, dict):
        return {key.strip('"'): _plain(value) for key, value in said.items() if not key.startswith("__")}
    if isinstance(said, list):
        return [_plain(each) for each in said]
    return said.strip('"') if isinstance(said, str) else said


def test_a_mistake_is_not_parsed() -> None:
    with pytest.raises(Exception, match="Unexpected"):
        hcl2.loads(NOMAD.read_text().replace('type        = "system"', 'type = "system'))


def test_it_is_one_monitor_on_each_client() -> None:
    job = nomad_job()
    assert job["type"] == "system"
    (group,) = job["group"]
    (task,) = group["monitor"]["task"]
    assert task["monitor"]["driver"] == "docker"
    assert group["monitor"]["restart"][0]["mode"] == "delay", "it never gives up"


def test_what_it_is_called_with_is_mounted_and_its_port_is_the_one_that_is_checked() -> None:
    group = nomad_job()["group"][0]["monitor"]
    (config,) = group["task"][0]["monitor"]["config"]
    options = parser().parse_args(config["args"])
    targets = {volume.split(":")[1] for volume in config["volumes"]}
    for needed in (options.journal.parent, Path(options.control).parent, PLACES[1], Path("/sys/fs/cgroup")):
        assert str(needed) in targets
    assert str(Path(options.docker_hosts[0].host.removeprefix("unix://")).parent) in targets
    port = group["network"][0]["port"][0]["http"]["static"]
    assert port == parse_listen(options.listen).port == parse_listen(DEFAULT).port
    assert group["service"][0]["check"][0]["path"] == "/-/healthy"


def test_its_rights_are_those_of_every_container_and_the_clients_are_told_to_allow_them() -> None:
    (config,) = nomad_job()["group"][0]["monitor"]["task"][0]["monitor"]["config"]
    rights = {name.lower() for name in rights_in_a_container()}
    assert set(config["cap_add"]) == rights
    (allowed,) = re.findall(r"# +allow_caps = \[(.*)\]", NOMAD.read_text())
    assert set(re.findall(r"\w+", allowed)) == rights
    assert config["labels"] == {"reactor.skip": ""}
