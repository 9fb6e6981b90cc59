"""A page as a play: its scenes and blocks in their order, each held against what the page shows."""

from dataclasses import dataclass, field
from pathlib import Path

from tests.docs.matching import agrees, appears, tidied
from tests.docs.pages import Block, blocks
from tests.docs.terminal import Terminal
from tests.real.waiting import until

COMMANDS = ("sh", "console")
"""The languages of blocks whose lines are typed."""
_SOON = 60.0


def is_run(block: Block) -> bool:
    """Whether the block is run with its page."""
    return block.kind in COMMANDS and not {"not run", "run by"} & block.marks.keys()


@dataclass
class Play:
    """One page in one terminal."""

    page: Path
    terminal: Terminal
    elsewhere: list[Path] = field(default_factory=list)

    def perform(self) -> None:
        """All of it."""
        for block in blocks(self.page):
            self._block(block)

    def _scene(self, block: Block) -> None:
        """What was done before the reader came, and is not shown."""
        for line, _ in block.commands():
            said, code = self.terminal.run(line)
            assert code == 0, f"{block.place}: the scene: {line}: exit code {code}: {said}"

    def _block(self, block: Block) -> None:
        if block.kind == "scene":
            self._scene(block)
        if name := block.marks.get("file"):
            path = self.terminal.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text)
        if "then in the other terminal" in block.marks:
            self._wait_for(block, block.text.splitlines())
        if is_run(block):
            for command, shown in block.commands():
                self._command(block, command, shown)

    def _command(self, block: Block, command: str, shown: list[str]) -> None:
        if "in another terminal" in block.marks:
            self.elsewhere.append(self.terminal.begin(command))
            self._wait_for(block, shown)
            return
        said, code = self.terminal.run(command)
        wanted = int(block.marks.get("exit code", "0"))
        assert code == wanted, f"{block.place}: {command}: exit code {code}, not {wanted}; it said:\n{said}"
        if block.kind == "console":
            vary = "numbers vary" in block.marks
            assert agrees(shown, said, numbers_vary=vary), _differs(block, command, shown, said)

    def _wait_for(self, block: Block, shown: list[str]) -> None:
        """Wait until the other terminal shows this."""
        assert self.elsewhere, f"{block.place}: there is no other terminal"
        said = self.elsewhere[-1]
        try:
            until(lambda: appears(shown, said.read_text()), _SOON)
        except AssertionError:
            raise AssertionError(_differs(block, "the other terminal", shown, said.read_text())) from None


def _differs(block: Block, command: str, shown: list[str], said: str) -> str:
    page, came = "\n".join(shown), tidied(said)
    return f"{block.place}: {command}\nthe page shows:\n{page}\nwhat came is:\n{came}\n(as it was: {said})"
