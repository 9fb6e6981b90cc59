"""What ``docs/access.md`` shows is what the program takes."""

import re
import shutil
from pathlib import Path

from reactor.access.models import HttpText, TlsText
from reactor.access.reading import read_access
from reactor.app.options import parser
from reactor.app.reaching import FLAGS
from reactor.web.routes import TERMS
from tests.access.papers import Papers
from tests.access.test_matrix import MATRIX

PAGE = (Path(__file__).parents[2] / "docs" / "access.md").read_text()


def test_the_file_on_the_page_can_be_used(papers: Papers, tmp_path: Path) -> None:
    block = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]
    for name in ("server.pem", "server-key.pem", "ca.pem"):
        shutil.copy(papers.folder / name, tmp_path)
    (tmp_path / "web.yaml").write_text(block)
    access = read_access(tmp_path / "web.yaml")
    assert access.authenticated
    assert access.certificates
    assert list(access.users) == ["prometheus"]
    for key in (*TlsText.model_fields, *HttpText.model_fields):
        assert key in PAGE


def test_flags_variables_and_limits_are_those_of_the_program() -> None:
    for flag, variable, _, _ in FLAGS:
        assert f"`{flag}`" in PAGE
        assert f"`{variable}`" in PAGE
    parser().parse_args(["run", "--web.config.file", "f", "--web.enable-orders"])
    order = ["--control", "https://h:1", *(word for flag, *_ in FLAGS for word in (flag, "x"))]
    parser().parse_args(["hold", "--for", "2h", "--why", "y", *order])
    assert f"| {TERMS.connections}, {TERMS.each} of them from one address" in PAGE
    assert f"| {TERMS.streams}, {TERMS.each_streams} from one address" in PAGE
    assert f"{TERMS.head // 1024} KiB of head, {TERMS.body // 1024} KiB of body" in PAGE


def test_from_other_machines_nobody_changes_anything_without_tls_and_a_name() -> None:
    """The promise of the page, held against the table of what really comes of calls."""
    for line in MATRIX.strip().splitlines():
        words = line.split()
        if words[-1] == "200":
            assert words[0] in {"tls+password", "certificate", "certificate+password"}
