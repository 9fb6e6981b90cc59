"""The reference of the command line as a page of the documentation, ``docs/reference/cli.md``.

The page is made from the parser, and a test compares the two. The layout is our own and not that of
``--help``, which differs from one Python to the next.
"""

import argparse
from collections.abc import Iterator

from reactor.app.options import parser

_HEAD = """# Reference: the command line

<!-- Made by `make docs` from the parser. -->

Every command with all that it takes; `reactor COMMAND --help` says the same. What the commands are for is
told in [the other pages](../README.md), most of it in [operating.md](../operating.md).

"""


def document() -> str:
    """The whole page in Markdown."""
    top = parser()
    commands = list(_commands(top))
    index = " · ".join(f"[{name}](#{name.replace(' ', '-')})" for name, _, _ in commands)
    parts = (_part(name, command, short) for name, command, short in commands)
    return (
        f"{_HEAD}{index}\n" + "".join(f"\n{part}" for part in ("".join(lines) for lines in parts)) + _end(top)
    )


def _commands(
    top: argparse.ArgumentParser, above: str = ""
) -> Iterator[tuple[str, argparse.ArgumentParser, str]]:
    """Each command by its name, its parser, and what is said of it in a line."""
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            said = {each.dest: each.help or "" for each in action._choices_actions}
            for name, command in action.choices.items():
                yield f"{above}{name}", command, said.get(name, "")
                yield from _commands(command, f"{above}{name} ")


def _part(name: str, command: argparse.ArgumentParser, short: str) -> Iterator[str]:
    yield f"## {name}\n\n`reactor {' '.join([name, *_places(command)])}`\n\n"
    about = command.description or ""
    yield _paragraph(about if about.lower().startswith(short.lower()) else f"{_sentence(short)} {about}")
    rows = "".join(_rows(command))
    if rows:
        yield f"| option | what it does |\n|---|---|\n{rows}"
    if command.epilog:
        yield "\n" + _paragraph(command.epilog)[:-1]


def _sentence(short: str) -> str:
    return f"{short[:1].upper()}{short[1:]}." if short else ""


def _paragraph(text: str) -> str:
    """Text of the parser as one paragraph each: exit codes begin one of their own."""
    parts = (" ".join(part.split()) for part in text.strip().split("\n\n"))
    return "".join(f"{_plain(part)}\n\n" for part in parts if part)


def _places(command: argparse.ArgumentParser) -> Iterator[str]:
    """What is given by its place, and whether there have to be options."""
    shown = [action for action in command._actions if not _is_help(action)]
    if any(action.option_strings for action in shown):
        yield "[OPTION…]"
    for action in shown:
        if not action.option_strings:
            name = _name(action)
            yield {"?": f"[{name}]", "*": f"[{name}…]", "+": f"{name}…"}.get(str(action.nargs), name)


def _rows(command: argparse.ArgumentParser) -> Iterator[str]:
    for group in command._action_groups:
        title = (group.title or "").removesuffix(":")
        rows = [_row(action) for action in group._group_actions if not _is_help(action) and _is_shown(action)]
        if rows and title not in {"options", "positional arguments"}:
            yield f"| *{title}* | |\n"
        yield from rows


def _is_help(action: argparse.Action) -> bool:
    return "--help" in action.option_strings


def _is_shown(action: argparse.Action) -> bool:
    return action.help != argparse.SUPPRESS and not isinstance(action, argparse._SubParsersAction)


def _row(action: argparse.Action) -> str:
    strings = ", ".join(f"`{option}`" for option in action.option_strings)
    value = "" if action.nargs == 0 else f"`{_name(action)}`"
    said = " ".join((action.help or "").split()).replace("%%", "%").replace("|", r"\|")
    return f"| {' '.join(filter(None, (strings, value)))} | {_plain(said)} |\n"


def _plain(text: str) -> str:
    """Nothing in it is Markdown: what stands between angle brackets is meant as it is."""
    return text.replace("<", "&lt;").replace("*", r"\*")


def _name(action: argparse.Action) -> str:
    if (
        action.choices is not None
        and action.metavar is None
        and not isinstance(action, argparse._SubParsersAction)
    ):
        return "{" + ",".join(map(str, action.choices)) + "}"
    return str(action.metavar or action.dest.upper())


def _end(top: argparse.ArgumentParser) -> str:
    return f"\n## Exit codes\n\n{_paragraph((top.epilog or '').partition(chr(10) * 2)[0])}".rstrip() + "\n"
