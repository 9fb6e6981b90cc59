"""What is inside the image, as CycloneDX JSON: the packages of the distribution, and those of Python.

Runs in the build, with the standard library only: two databases are read that are there anyway, dpkg's and
the metadata of what pip installed. A generator from outside would bring more packages into the build than it
writes down here, and those of Python's registry do not read dpkg's.
Does not belong here: what is installed (assemble.py).
"""

import json
import platform
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

DPKG: Final = Path("var/lib/dpkg")
Component = Mapping[str, Any]


def document(site_packages: Path, root: Path = Path("/"), program: str = "reactor") -> dict[str, Any]:
    """The bill of materials of a virtual environment on the distribution below this root."""
    found = [*python_packages(site_packages), *debian_packages(root)]
    itself = next((each for each in found if each["name"] == program), None)
    others = [each for each in found if each is not itself]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        # Neither a serial number nor the time of day: the same image has the same bill.
        "metadata": {"component": {**(itself or {"name": program}), "type": "application"}},
        "components": sorted(others, key=lambda each: (each["purl"], each["version"])),
    }


def python_packages(site_packages: Path) -> Iterator[Component]:
    """What pip installed there, and the Python that runs it."""
    version = platform.python_version()
    yield {"type": "platform", "name": "python", "version": version, "purl": f"pkg:generic/python@{version}"}
    for found in distributions(path=[str(site_packages)]):
        yield _from_pip(found)


def _from_pip(found: Distribution) -> Component:
    name, version = found.metadata["Name"], found.version
    plain = name.lower().replace("_", "-").replace(".", "-")
    said = _first(found, "License-Expression", "License")
    return {
        **_component(name, version, f"pkg:pypi/{plain}@{quote(version)}"),
        # Some put the whole text of their licence where its name belongs.
        **({"licenses": [{"license": {"name": said}}]} if said and len(said) < 100 else {}),
    }


def _first(found: Distribution, *fields: str) -> str:
    return next((found.metadata[field] for field in fields if field in found.metadata), "")


def debian_packages(root: Path) -> Iterator[Component]:
    """What dpkg knows to be installed below this root; nothing where there is no dpkg."""
    release = _release(root)
    # Images without a package manager keep one file for each package.
    for file in [root / DPKG / "status", *sorted((root / DPKG / "status.d").glob("*"))]:
        text = file.read_text(errors="replace") if file.is_file() and file.suffix != ".md5sums" else ""
        for fields in map(_fields, text.split("\n\n")):
            if fields.get("Package") and "not-installed" not in fields.get("Status", ""):
                yield _from_dpkg(fields, release)


def _from_dpkg(fields: Mapping[str, str], release: Mapping[str, str]) -> Component:
    name, version, arch = (fields.get(each, "") for each in ("Package", "Version", "Architecture"))
    system, number = release.get("ID", "debian"), release.get("VERSION_ID", "")
    distro = f"&distro={quote(f'{system}-{number}')}" if number else ""
    purl = f"pkg:deb/{quote(system)}/{quote(name)}@{quote(version)}?arch={quote(arch)}{distro}"
    return _component(name, version, purl)


def _component(name: str, version: str, purl: str) -> dict[str, Any]:
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _release(root: Path) -> Mapping[str, str]:
    try:
        lines = (root / "etc/os-release").read_text().splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {key: value.strip('"') for key, _, value in pairs}


def _fields(paragraph: str) -> Mapping[str, str]:
    """The fields of one paragraph, without what goes on over several lines."""
    lines: Iterable[str] = (line for line in paragraph.splitlines() if line[:1].strip())
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def write(site_packages: Path, to: Path) -> None:
    """Write it to a file."""
    to.write_text(json.dumps(document(site_packages), indent=1) + "\n")
