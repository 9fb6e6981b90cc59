"""The Compose file: read by docker-compose, each mount there, and each part wired to the next."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from reactor.app.options import parser
from reactor.app.survival import SCORE
from reactor.journal.shelter import PLACES
from reactor.web.listen import DEFAULT, parse_listen
from tests.grafana.files import GRAFANA
from tests.services.files import COMPOSE, DEPLOY, mounts, rights_in_a_container, services, yaml
from tools.deployment import compose
from tools.observers import amtool, promtool

FILE = COMPOSE / "compose.yaml"


def read(folder: Path, text: str, password: str = "secret") -> "subprocess.CompletedProcess[str]":  # noqa: S107
    """What docker-compose makes of a Compose file, in this folder's place."""
    path, checker = folder / "compose.yaml", compose()
    path.write_text(text)
    said = {"GRAFANA_PASSWORD": password} if password else {}
    return subprocess.run(
        [*checker.command, "--project-directory", str(COMPOSE), "-f", str(path), "config"],
        env=checker.environment | said, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.observers
def test_docker_compose_reads_it_and_would_refuse_a_mistake(tmp_path: Path) -> None:
    text = FILE.read_text()
    good = read(tmp_path, text)
    assert good.returncode == 0, good.stderr
    for name in services():
        assert f"\n  {name}:\n" in good.stdout
    bad = read(tmp_path, text.replace("oom_score_adj: -900", "oom_score_adj: low"))
    assert "oom_score_adj" in bad.stderr


@pytest.mark.observers
def test_without_a_password_nothing_begins(tmp_path: Path) -> None:
    done = read(tmp_path, FILE.read_text(), password="")
    assert done.returncode != 0
    assert "say in .env what it is" in done.stderr


@pytest.mark.parametrize("name", services())
def test_what_is_mounted_is_there(name: str) -> None:
    """But for what is the host's, and what another file of the repository's makes."""
    volumes = yaml(FILE)["volumes"]
    for source, target in mounts(services()[name]):
        assert target.startswith("/")
        if source.startswith("."):
            where = (COMPOSE / source).resolve()
            # The configurations of the proxy come with it.
            assert where.exists() or where.parent == DEPLOY / "proxy", source
        else:
            assert source.startswith("/") or source in volumes, source


def test_every_image_has_a_version_and_can_be_another(tmp_path: Path) -> None:
    example = (COMPOSE / ".env.example").read_text()
    for service in services().values():
        match = re.fullmatch(r"\$\{(\w+_IMAGE):-([a-z/]+:v?\d+\.\d+\.\d+)\}", service["image"])
        assert match is not None, service["image"]
        assert f"\n#{match[1]}={match[2]}\n" in example


def test_no_rule_ends_any_of_them() -> None:
    for service in services().values():
        assert service["labels"] == {"reactor.skip": ""}


def test_its_rights_are_those_of_every_container() -> None:
    monitor = services()["monitor"]
    assert (monitor["cap_drop"], set(monitor["cap_add"])) == (["ALL"], rights_in_a_container())


def test_only_this_machine_can_reach_them() -> None:
    for service in services().values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_the_monitor_is_called_as_it_can_be() -> None:
    monitor = services()["monitor"]
    options = parser().parse_args(monitor["command"])
    targets = {target for _, target in mounts(monitor)}
    assert str(options.journal.parent) in targets
    assert str(Path(options.control).parent) in targets
    assert str(PLACES[1]) in targets, "intents of direct ends lie in the host's memory"
    assert str(options.rules[0]) in targets
    assert str(Path(options.docker_hosts[0].host.removeprefix("unix://")).parent) in targets
    assert monitor["oom_score_adj"] == SCORE
    assert parse_listen(options.listen).port == parse_listen(DEFAULT).port


def test_each_part_asks_the_next_one_where_that_is() -> None:
    said, all_of_them = yaml(COMPOSE / "prometheus.yml"), services()
    port = {
        name: service["ports"][0].rsplit(":", 1)[1]
        for name, service in all_of_them.items()
        if "ports" in service
    }
    jobs = {job["job_name"]: job["static_configs"][0]["targets"] for job in said["scrape_configs"]}
    assert jobs["reactor"] == [f"monitor:{port['monitor']}"], "the alerts are about the job of this name"
    assert jobs["alertmanager"] == [f"alertmanager:{port['alertmanager']}"]
    (teller,) = said["alerting"]["alertmanagers"]
    assert teller["static_configs"][0]["targets"] == jobs["alertmanager"]
    (source,) = yaml(COMPOSE / "datasource.yaml")["datasources"]
    assert source["url"] == f"http://prometheus:{port['prometheus']}"
    (usual,) = yaml(GRAFANA / "provisioning/datasources/prometheus.yaml")["datasources"]
    assert {**source, "url": ""} == {**usual, "url": ""}
    assert source["jsonData"]["timeInterval"] == said["global"]["scrape_interval"]


def test_files_lie_where_they_are_looked_for() -> None:
    said = yaml(COMPOSE / "prometheus.yml")
    (alerts,) = said["rule_files"]
    grafana, prometheus = _by_target("grafana"), _by_target("prometheus")
    assert (COMPOSE / prometheus[str(Path(alerts).parent)]).resolve() == GRAFANA / "alerts"
    (boards,) = yaml(GRAFANA / "provisioning/dashboards/reactor.yaml")["providers"]
    assert (COMPOSE / grafana[boards["options"]["path"]]).resolve() == GRAFANA / "dashboards"


def _by_target(name: str) -> dict[str, str]:
    return {target: source for source, target in mounts(services()[name])}


@pytest.mark.observers
def test_prometheus_and_alertmanager_take_their_configurations(tmp_path: Path) -> None:
    """The alerts are looked for where they are here, and not where they are mounted."""
    config = tmp_path / "prometheus.yml"
    config.write_text((COMPOSE / "prometheus.yml").read_text().replace("/etc/prometheus", str(GRAFANA)))
    for command in (
        (promtool(), "check", "config", config),
        (amtool(), "check-config", COMPOSE / "alertmanager.yml"),
    ):
        done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "SUCCESS" in done.stdout + done.stderr


@pytest.mark.observers
def test_who_is_told_what() -> None:
    def routed(*labels: str) -> Any:
        ask = (
            str(amtool()),
            "config",
            "routes",
            "test",
            f"--config.file={COMPOSE / 'alertmanager.yml'}",
            *labels,
        )
        return subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()

    assert json.dumps([routed("severity=critical"), routed("severity=warning")]) == '["on-call", "people"]'
