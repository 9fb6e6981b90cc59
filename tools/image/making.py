"""Makes the image by its Dockerfile, without any registry, and hands it on as an archive of `docker save`.

Made anew when anything of it has changed, else kept in the checkout's `.engine/`. The engine's own builder is
used, the classic one, which every Docker has; no command line is needed. Does not belong here: what the image
is made of (base.py, wheels.py, Dockerfile).
"""

import hashlib
import io
import tarfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import docker
from docker.utils.build import exclude_paths

from tools.engine_files import CACHE, CHECKOUT, cache_locked
from tools.engine_life import PrivateEngine
from tools.engine_packages import say
from tools.image.base import base
from tools.image.wheels import wheels
from tools.patience import patient

IMAGE: Final = "reactor:test"
BASE: Final = "reactor-base:test"
_ARCHIVE: Final = CACHE / "image" / "image.tar"


class BuildFailedError(Exception):
    """The engine could not build it; the message carries the end of what the build said."""


def image_archive() -> Path:
    """The image, with its base, as an archive for any engine; made on an engine of its own."""
    stage, sources = base(), context()
    key = hashlib.sha256(sources + repr(stage).encode()).hexdigest()
    note = _ARCHIVE.with_suffix(".key")
    with cache_locked("image"):
        if not (note.is_file() and note.read_text() == key and _ARCHIVE.is_file()):
            note.unlink(missing_ok=True)
            say(f"building the image {IMAGE} ...")
            with PrivateEngine() as engine:
                build(engine.docker_host, stage.archive, sources)
                _save(engine.docker_host)
            # Last: an interrupted preparation is begun anew, not used.
            note.write_text(key)
    return _ARCHIVE


def load_image(docker_host: str) -> str:
    """Bring the image to an engine, made first if need be; return its name there."""
    archive = image_archive()
    with closing(_client(docker_host)) as client, archive.open("rb") as opened:
        client.images.load(opened)
    return IMAGE


def context() -> bytes:
    """What the build is sent: the checkout without what `.dockerignore` says, and the wheels."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, name in _files():
            entry = tarfile.TarInfo(name)
            # Neither times nor owners: the same contents are the same context.
            entry.size, entry.mode = path.stat().st_size, 0o755 if path.stat().st_mode & 0o100 else 0o644
            with path.open("rb") as opened:
                archive.addfile(entry, opened)
    return packed.getvalue()


def _files() -> Iterator[tuple[Path, str]]:
    lines = (CHECKOUT / ".dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and not line.startswith("#")]
    for name in _named(exclude_paths(str(CHECKOUT), [*patterns, "wheels"], "Dockerfile")):
        yield CHECKOUT / name, name
    for path in sorted(wheels(base().python).glob("*.whl")):
        yield path, f"wheels/{path.name}"


def _named(names: Iterable[str]) -> Iterator[str]:
    return (name for name in sorted(names) if (CHECKOUT / name).is_file())


def build(docker_host: str, base_archive: Path, sources: bytes) -> None:
    """Build it on this engine, out of this base; the build sees no network."""
    with closing(_client(docker_host)) as client:
        name, _, tag = BASE.partition(":")
        client.api.import_image_from_file(str(base_archive), repository=name, tag=tag)
        said = list(
            client.api.build(
                fileobj=io.BytesIO(sources),
                custom_context=True,
                tag=IMAGE,
                buildargs={"BASE": BASE, "VERSION": "test"},
                network_mode="none",
                rm=True,
                decode=True,
            )
        )
    if any("error" in line for line in said):
        told = "".join(line.get("stream") or line.get("error") or "" for line in said)
        raise BuildFailedError(told[-3000:])


def _save(docker_host: str) -> None:
    with closing(_client(docker_host)) as client, _ARCHIVE.open("wb") as archive:
        archive.writelines(client.api.get_image(IMAGE))


def _client(docker_host: str) -> docker.DockerClient:
    return docker.DockerClient(base_url=docker_host, timeout=patient(300))
