"""The fixtures of the tests do what the tests rely on."""

import signal
import socket
import subprocess
import tarfile
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
import reactivex
from reactivex import operators as ops
from reactivex.scheduler import CurrentThreadScheduler, VirtualTimeScheduler

from tests.tooling.containers import Containers
from tests.tooling.guards import ForbiddenSchedulerError, no_waiting_schedulers
from tools import engine_api, engine_files, engine_packages
from tools.engine_packages import EngineMissingError
from tools.private_engine import TEST_IMAGE


def test_containers_are_made_as_asked(containers: Containers) -> None:
    asked = containers.idle(labels={"reactor.task": "a"}, mem="32m", pids=256, restart="always")
    said = containers.inspect(asked)
    assert len(asked) == 64
    assert containers.is_running(asked)
    assert said["Config"]["Labels"] == {"reactor.task": "a"}
    limits = said["HostConfig"]
    assert (limits["Memory"], limits["MemorySwap"], limits["PidsLimit"]) == (32 << 20, 32 << 20, 256)
    assert (limits["NetworkMode"], limits["RestartPolicy"]["Name"]) == ("none", "always")


def test_all_containers_are_gone_at_the_end(docker_host: str) -> None:
    with Containers(docker_host) as containers:
        containers.idle(restart="always")
        containers.create("true")
        containers.client.api.remove_container(containers.run("true"), force=True)
        containers.client.api.pause(containers.idle())
        ids = set(containers.ids)
        assert len(ids) == 4
    with Containers(docker_host) as look:
        assert not ids & {container.id for container in look.client.containers.list(all=True)}


def test_containers_are_gone_even_if_the_test_fails(docker_host: str) -> None:
    containers = Containers(docker_host)
    container = containers.idle()
    with pytest.raises(ZeroDivisionError), containers:
        raise ZeroDivisionError
    with Containers(docker_host) as look:
        assert container not in {container.id for container in look.client.containers.list(all=True)}


def test_an_image_may_carry_labels(docker_host: str, containers: Containers) -> None:
    rootfs = engine_api.busybox_rootfs(engine_files.busybox_file())
    changes = ("LABEL reactor.skip=x", "LABEL reactor.task=from-the-image")
    engine_api.import_image(docker_host, rootfs, "labelled:test", changes)
    container = containers.idle(image="labelled:test")
    labels = containers.inspect(container)["Config"]["Labels"]
    assert labels == {"reactor.skip": "x", "reactor.task": "from-the-image"}
    containers.remove_all()
    containers.client.images.remove("labelled:test")


def test_the_engine_says_why_it_refuses_an_image(docker_host: str) -> None:
    with pytest.raises(engine_api.EngineCallError, match="NO_SUCH_LINE"):
        engine_api.import_image(docker_host, b"", "refused:test", ["NO_SUCH_LINE x"])
    with pytest.raises(engine_api.EngineCallError, match=r"500 .*tar header"):
        engine_api.import_image(docker_host, b"this is no tar archive" * 100, "refused:test")
    assert not engine_api.has_image(docker_host, "refused:test")
    assert engine_api.has_image(docker_host, TEST_IMAGE)


def test_an_error_inside_a_200_is_an_error(tmp_path: Path) -> None:
    """The engine sends its status before it begins; the trouble comes in the body."""
    body = b'{"status":"Importing"}\r\n{"errorDetail":{"message":"no space left"}}\r\n'
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)

    def serve() -> None:
        peer, _address = listener.accept()
        with peer:
            peer.recv(65536)
            peer.sendall(answer)

    with socket.socket(socket.AF_UNIX) as listener, ThreadPoolExecutor(1) as pool:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        served = pool.submit(serve)
        with pytest.raises(engine_api.EngineCallError, match=r"import of any:test.*no space left"):
            engine_api.import_image(f"unix://{tmp_path}/s", b"", "any:test")
        served.result()


@pytest.mark.real
def test_the_root_file_system_has_one_program_and_no_link_to_itself() -> None:
    busybox = engine_files.busybox_file()
    listed = subprocess.run((busybox, "--list"), capture_output=True, text=True, check=True).stdout.split()
    with tarfile.open(fileobj=BytesIO(engine_api.busybox_rootfs(busybox))) as archive:
        members = {member.name: member for member in archive}
    assert members["bin/busybox"].isreg()
    assert set(members) == {"bin", "tmp"} | {f"bin/{applet}" for applet in listed}
    links = {member.linkname for name, member in members.items() if name not in {"bin", "tmp", "bin/busybox"}}
    assert links == {"busybox"}


def test_without_root_the_remedies_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(EngineMissingError) as problem:
        engine_files.engine_files()
    for remedy in ("as root", "REACTOR_TEST_DOCKER_HOST=", "make test-unit"):
        assert remedy in str(problem.value)


def test_without_packages_the_missing_programs_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A machine with nothing on it, not even Debian's package tools."""
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(engine_files, "CACHE", tmp_path)
    monkeypatch.setattr(engine_files, "UNPACKED", tmp_path / "root")
    monkeypatch.setattr("shutil.which", lambda *_arguments, **_options: None)
    with pytest.raises(EngineMissingError) as problem:
        engine_files.engine_files()
    for word in ("dockerd", "containerd", "runc", "not Debian", "REACTOR_TEST_DOCKER_HOST="):
        assert word in str(problem.value)


def test_an_unpacked_apparmor_parser_needs_no_configuration_in_etc(tmp_path: Path) -> None:
    """On a host that enforces AppArmor, dockerd takes the parser's warning about it for the version."""
    for folder in ("sbin", "usr/sbin"):
        (tmp_path / folder).mkdir(parents=True)
    parser = tmp_path / "sbin/apparmor_parser"
    parser.write_text('#!/bin/sh\necho "$@"\n')
    parser.chmod(0o755)
    engine_packages.wrap_apparmor_parser(tmp_path)
    wrapped = (tmp_path / "usr/sbin/apparmor_parser", "--version")
    said = subprocess.run(wrapped, capture_output=True, text=True, check=True).stdout
    assert said == "--config-file=/dev/null --version\n"


def test_an_operator_without_a_scheduler_is_refused() -> None:
    with pytest.raises(ForbiddenSchedulerError, match="TimeoutScheduler"), no_waiting_schedulers():
        reactivex.timer(0.01).subscribe()


def test_a_refusal_that_rx_swallowed_fails_all_the_same() -> None:
    with pytest.raises(ForbiddenSchedulerError), no_waiting_schedulers():
        reactivex.defer(lambda _: reactivex.timer(0.01)).subscribe(on_error=lambda _: None)


def test_a_delay_that_would_block_the_loop_is_refused() -> None:
    current = CurrentThreadScheduler()
    with pytest.raises(ForbiddenSchedulerError, match="CurrentThreadScheduler"), no_waiting_schedulers():
        reactivex.timer(0.01, scheduler=current).subscribe(on_error=lambda _: None)


def test_what_does_not_wait_is_allowed() -> None:
    seen: list[int] = []
    virtual = VirtualTimeScheduler()
    reactivex.of(1, 2).pipe(ops.merge(reactivex.timer(5.0, scheduler=virtual))).subscribe(seen.append)
    virtual.start()
    assert seen == [1, 2, 0]


def test_a_test_with_an_engine_is_marked_real(request: pytest.FixtureRequest, docker_host: str) -> None:
    assert request.node.get_closest_marker("real") is not None
    assert docker_host.startswith(("unix://", "tcp://"))


def test_a_test_without_an_engine_is_not(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("real") is None


def test_the_signals_of_this_test_run_are_the_usual_ones() -> None:
    """A guard that left its own handler behind would hide Ctrl-C from every later test."""
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
