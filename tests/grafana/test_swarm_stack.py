"""The stack for Swarm as it is shipped: what must not get lost when somebody edits it."""

import subprocess
from pathlib import Path

import pytest

from reactor.app.cli import main
from tests.grafana.files import ALERTS, ROOT, yaml
from tools.observers import promtool

SWARM = ROOT / "deploy" / "swarm"
STACK = yaml(SWARM / "reactor-stack.yaml")
MONITOR = STACK["services"]["reactor"]


def test_one_monitor_on_each_node_and_never_two() -> None:
    deploy = MONITOR["deploy"]
    assert deploy["mode"] == "global"
    assert deploy["update_config"]["order"] == deploy["rollback_config"]["order"] == "stop-first"
    assert deploy["update_config"]["failure_action"] == "rollback"


def test_it_has_no_root_and_the_folder_of_the_socket_and_not_the_socket() -> None:
    mounts = {each["target"]: each for each in MONITOR["volumes"]}
    assert mounts["/host/run"]["source"] == "/var/run"
    assert [each["target"] for each in MONITOR["volumes"] if not each.get("read_only")] == [
        "/var/lib/reactor"
    ]
    assert MONITOR["read_only"]
    assert MONITOR["cap_drop"] == ["ALL"]
    assert MONITOR["user"].startswith("65532:${REACTOR_SOCKET_GID:?")


def test_nothing_is_published_and_nobody_else_joins_the_network() -> None:
    assert not any("ports" in each for each in STACK["services"].values())
    assert STACK["networks"] == {"watch": {"driver": "overlay", "attachable": False}}


def test_each_file_that_is_named_is_there() -> None:
    assert all((SWARM / each["file"]).is_file() for each in STACK["configs"].values())


def test_its_configuration_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", str(SWARM / "reactor.yaml"), str(ROOT / "rules" / "safety.yaml")]) == 0
    assert "reactor.yaml" not in capsys.readouterr().err


@pytest.mark.observers
def test_prometheus_takes_its_configuration_and_asks_the_dns_for_the_tasks(tmp_path: Path) -> None:
    text = (SWARM / "prometheus.yaml").read_text().replace("/etc/prometheus/alerts", str(ALERTS))
    (tmp_path / "prometheus.yaml").write_text(text)
    command = (promtool(), "check", "config", tmp_path / "prometheus.yaml")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (job,) = yaml(SWARM / "prometheus.yaml")["scrape_configs"]
    assert job["job_name"] == "reactor"
    assert job["dns_sd_configs"][0]["names"] == ["tasks.reactor"]
