"""Where a file may hold secrets: whatever stands below ``environment``. A line of that is never shown.

It is read from the text alone, since a file with a mistake may be no document at all. In doubt a line is
taken for one that holds a secret.
"""

import re

_KEY = re.compile(
    r"""^(?P<indent>[ ]*)(?P<before>.*?)(?<![\w.-])["']?environment["']?[ \t]*:(?=\s|$)""", re.MULTILINE
)
_FIRST = re.compile(r"\S")
_LINE = re.compile(r"^(?P<indent>[ ]*)(?P<bare>.*)$", re.MULTILINE)
_OPENS, _CLOSES = "[{", "]}"


def is_secret(source: str, offset: int) -> bool:
    """Whether the line of this offset may hold a value of an environment."""
    begin = source.rfind("\n", 0, offset) + 1
    end = source.find("\n", offset)
    end = len(source) if end < 0 else end
    return any(_end_of(source, match) > begin for match in _KEY.finditer(source, 0, end))


def _end_of(source: str, match: re.Match[str]) -> int:
    """Where the value of this key ends."""
    first = _FIRST.search(source, match.end())
    if first is not None and first[0] in _OPENS:
        return _behind_brackets(source, first.start())
    if "{" in match["before"]:
        # Within brackets no indentation tells where it ends.
        return _behind_brackets(source, match.start("before") + match["before"].rindex("{"))
    end = source.find("\n", match.end())
    for line in _LINE.finditer(source, end + 1) if end >= 0 else ():
        if line["bare"].strip() and not _is_more(line, len(match["indent"])):
            return line.start()
    return len(source) + 1


def _is_more(line: re.Match[str], indent: int) -> bool:
    return line["bare"].startswith(("#", "- ")) or len(line["indent"]) > indent


def _behind_brackets(source: str, position: int) -> int:
    """Behind the line of the bracket that closes this one."""
    depth = 0
    for at in range(position, len(source)):
        depth += (source[at] in _OPENS) - (source[at] in _CLOSES)
        if depth == 0:
            end = source.find("\n", at)
            return len(source) + 1 if end < 0 else end
    return len(source) + 1
