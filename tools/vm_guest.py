"""What is written into a virtual machine of `make test-v2`: its services, and the script that it runs.

Texts and pure functions only. Belongs here: what happens inside. Does not belong here: how a disk is made of
it (vm_images.py), and how the machine is run and listened to (vm_machine.py).
"""

from collections.abc import Mapping, Sequence
from shlex import join, quote
from typing import Final

_MOUNTED: Final = "/srv"
CHECKOUT: Final = f"{_MOUNTED}/reactor"
"""Where the second disk has the checkout; `run.sh` lies beside it."""
LIBRARIES: Final = "/opt/site"
ENGINE: Final = "unix:///run/docker.sock"
MARK: Final = "reactor-v2: "
"""Before each line of a machine that is made for a program."""
DONE: Final = "REACTOR_V2_DONE"
"""The variable with the file that names, by lines, tests that are not run again; who begins is added."""
ENDED: Final = ".ended"
"""The ending of the file beside it: pytest came to its end, whatever it was."""
PART: Final = "REACTOR_V2_PART"
"""The variable with `2/5`: run the second fifth of the tests."""
_ENDED: Final = f"{MARK}ended with "
# A test that hangs ends its pytest; the next one goes on behind it. So many may hang.
_TURNS: Final = 5

# Nothing that starts later, asks the network or waits for a person: each costs an emulated processor seconds.
SILENCED: Final = (
    "containerd.service", "getty.target", "serial-getty@ttyS0.service", "systemd-networkd.service",
    "systemd-timesyncd.service", "systemd-pstore.service", "apt-daily.timer", "apt-daily-upgrade.timer",
    "e2scrub_all.timer", "e2scrub_reap.service", "fstrim.timer", "dpkg-db-backup.timer",
)  # fmt: skip

_SERVICE: Final = """\
[Unit]
Description=The tests of reactor
After=docker.service
Wants=docker.service

[Service]
Type=oneshot
ExecStart=/bin/sh /etc/reactor-v2.sh
TasksMax=infinity

[Install]
WantedBy=multi-user.target
"""

# The second serial port is the way out: the first one is the kernel's. The machine goes off in any case.
_ENTRY: Final = f"""\
exec </dev/null >/dev/ttyS1 2>&1
stty -F /dev/ttyS1 raw -echo
for disk in /dev/vda /dev/ubdb; do [ -b $disk ] && mount -o noatime $disk {_MOUNTED}; done
cd {CHECKOUT} && sh {_MOUNTED}/run.sh
echo "{_ENDED}$?"
sync
systemctl poweroff --no-block
"""

# No network in there: neither a bridge nor rules for one. The driver is left to the engine, which takes
# systemd where that is process 1 and cgroups are of version 2.
_CONFIGURATION: Final = '{"iptables": false, "ip-forward": false, "bridge": "none"}\n'

# An engine that finds a containerd at its usual place takes it, those that the tests start too, and then it
# would not end with them. So the machine's own engine has one of its own, as they have.
_OWN_CONTAINERD: Final = "[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd -H fd://\n"

FILES: Final[Mapping[str, str]] = {
    "etc/reactor-v2.sh": _ENTRY,
    "etc/systemd/system/reactor-v2.service": _SERVICE,
    "etc/systemd/system/docker.service.d/own.conf": _OWN_CONTAINERD,
    "etc/docker/daemon.json": _CONFIGURATION,
    "etc/hostname": "reactor-v2\n",
    # Whoever names the host in a test finds it without a network.
    "etc/hosts": "127.0.0.1 localhost reactor-v2\n",
}
"""The files of the first disk, by path."""

KERNEL_ARGUMENTS: Final = (
    "rw console=ttyS0 quiet psi=1 panic=-1 "
    # With AppArmor no container starts without the parser of its profiles; the others only cost time.
    "apparmor=0 selinux=0 audit=0 mitigations=off systemd.show_status=0"
)


def done_file(driver: str) -> str:
    """The file on the second disk that names the tests which are not run again with this driver."""
    return f"done-{driver}"


def script(passes: Sequence[tuple[str, Sequence[str]]], patience: float | None, part: str = "1/1") -> str:
    """Write what runs inside: each pass is the driver of cgroups, and what pytest is told.

    The worst of their exit codes is that of the script. Without ``patience`` it is measured in there.
    """
    factor = "$(python3 -m tools.vm_pace)" if patience is None else f"{patience:g}"
    lines = [
        f"export PYTHONPATH={CHECKOUT}:{LIBRARIES} HOME=/root LANG=C.UTF-8 TERM=dumb",
        f"export PYTHONUNBUFFERED=1 {PART}={quote(part)}",
        f"export REACTOR_TEST_PATIENCE={factor}",
        f'echo "{MARK}up after $(cut -d" " -f1 /proc/uptime) s, kernel $(uname -r)"',
        "worst=0",
    ]
    for driver, arguments in passes:
        lines.append(f"echo {quote(f'{MARK}driver {driver}')}")
        lines.append(f"for turn in $(seq {_TURNS}); do")
        lines.append(f"{_environment(driver)} {join(('python3', '-m', 'pytest', *arguments))}")
        lines.append("code=$?; [ $code -gt $worst ] && worst=$code")
        lines.append(f"[ -e {_MOUNTED}/{done_file(driver)}{ENDED} ] && break; done")
    return "\n".join((*lines, "exit $worst", ""))


def _environment(driver: str) -> str:
    """The engine that most tests share is the machine's own with systemd, and else one that they start."""
    named = f" REACTOR_TEST_DOCKER_HOST={ENGINE}" if driver == "systemd" else ""
    return f"env {DONE}={_MOUNTED}/{done_file(driver)} REACTOR_TEST_CGROUP_DRIVER={driver}{named}"


def ended_with(line: str) -> int | None:
    """The exit code, if this is the line that tells it."""
    code = line.removeprefix(_ENDED)
    return int(code) if code != line and code.isdigit() else None
