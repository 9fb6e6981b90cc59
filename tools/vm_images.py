"""The disks of the virtual machines: one for each release, made once, and one with the checkout for each run.

Everything lies in the checkout's `.vm/`. Does not belong here: where the contents come from (vm_packages.py),
what is written into them (vm_guest.py), and running a machine (vm_machine.py).
"""

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tools.engine_files import CHECKOUT, cache_locked
from tools.vm_guest import FILES, LIBRARIES, SILENCED
from tools.vm_packages import (
    CACHE,
    PACKAGES,
    Release,
    VmMissingError,
    add_libraries,
    add_modules,
    call,
    make_root,
    require,
    requirements,
    say,
)

_NOT_READ: Final = (
    "var/cache/apt",
    "var/lib/apt/lists",
    "usr/share/doc",
    "usr/share/locale",
    "usr/share/man",
)
_MEBIBYTES: Final = 2048
_MEBIBYTES_OF_THE_CHECKOUT: Final = 256


def kernel(release: Release) -> Path:
    """Where the kernel of a machine is."""
    return CACHE / f"{release.name}.vmlinuz"


def disk(release: Release) -> Path:
    """Where the first disk of a machine is."""
    return CACHE / f"{release.name}.img"


def prepare(release: Release) -> None:
    """Make the disk of this release, unless it is there already; the first time takes minutes."""
    with cache_locked("tools", CACHE):
        require()
    with cache_locked(release.name, CACHE):
        note, key = CACHE / f"{release.name}.key", _key(release)
        if not (note.is_file() and note.read_text() == key and disk(release).is_file()):
            say(f"making the disk with Docker {release.engine} (once; minutes, 0.8 GB in {CACHE.name}/) ...")
            note.unlink(missing_ok=True)
            _make(release)
            # Last: an interrupted preparation is begun anew, not used.
            note.write_text(key)


def write_checkout(files: Mapping[str, str], folder: Path) -> Path:
    """Put the working tree as it is now, and these files beside it, on a second disk in this folder."""
    tree, image = folder / "srv", folder / "checkout.img"
    listed = call(("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"))
    for name in listed.split("\0"):
        # What was deleted, and not committed yet, is listed too.
        if name and (CHECKOUT / name).is_file():
            place = tree / "reactor" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(CHECKOUT / name, place)
    for name, text in files.items():
        (tree / name).write_text(text)
    _write_disk(tree, image, _MEBIBYTES_OF_THE_CHECKOUT)
    shutil.rmtree(tree)
    return image


def _key(release: Release) -> str:
    """What a disk depends on; another one is made when any of it changes."""
    parts = (release, PACKAGES, SILENCED, sorted(FILES.items()), requirements(_constraints()))
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _constraints() -> str:
    return (CHECKOUT / "constraints.txt").read_text()


def _make(release: Release) -> None:
    root = CACHE / f"{release.name}.root"
    shutil.rmtree(root, ignore_errors=True)
    try:
        # First what is sooner known to be missing here.
        add_libraries(release, _constraints(), root / LIBRARIES.lstrip("/"))
        make_root(release, root)
        _finish(release, root)
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _finish(release: Release, root: Path) -> None:
    add_modules(root)
    # Here it takes seconds, and an emulated processor would do it at every run.
    compiled = ("python3", "-m", "compileall", "-q", LIBRARIES, f"/usr/lib/python{release.python}")
    try:
        call(("chroot", str(root), *compiled))
    except VmMissingError:
        # Some packages carry a file for another Python; whatever is not compiled is only slower.
        say("not everything was compiled")
    _configure(root)
    # Every kernel package has one; a release names one of them.
    shutil.copyfile(next((root / "boot").glob("vmlinuz-*")), kernel(release))
    _write_disk(root, disk(release), _MEBIBYTES)


def _configure(root: Path) -> None:
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    units = root / "etc/systemd/system"
    for unit in SILENCED:
        (units / unit).unlink(missing_ok=True)
        (units / unit).symlink_to("/dev/null")
    (units / "multi-user.target.wants/reactor-v2.service").symlink_to("../reactor-v2.service")
    for name in _NOT_READ:
        shutil.rmtree(root / name, ignore_errors=True)


def _write_disk(tree: Path, image: Path, mebibytes: int) -> None:
    image.unlink(missing_ok=True)
    made_of = ("-t", "ext4", "-O", "^has_journal", "-d", str(tree), str(image), f"{mebibytes}M")
    call(("mke2fs", "-q", *made_of))
