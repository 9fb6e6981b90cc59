"""The flags of ``reactor completion``. Nothing is carried out, nothing heavy imported."""

import argparse
from typing import Any

SHELLS = ("bash", "zsh", "fish")
EPILOG = """\
for this shell only, and for every one from now on:

  bash   eval "$(reactor completion bash)"
         reactor completion bash > ~/.local/share/bash-completion/completions/reactor
  zsh    eval "$(reactor completion zsh)"          (after compinit)
         reactor completion zsh > DIR/_reactor     (a DIR of your $fpath, before compinit)
  fish   reactor completion fish | source
         reactor completion fish > ~/.config/fish/completions/reactor.fish
"""


def add_completion(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser(
        "completion",
        help="print a script that completes commands, options and files in a shell",
        description="Print a script for a shell, which completes what these commands take.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("shell", metavar="SHELL", choices=SHELLS, help=", ".join(SHELLS))
