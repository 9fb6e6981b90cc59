"""The end of a container's output, made fit to be shown.

Output is a stranger's: any bytes, of any length. What comes out of here is text with newlines and no
other control character, bounded in lines and in bytes. Where the bytes come from is not known here.
"""

LEFT_OUT = "…"
STRANGE = "?"
"""What stands for a character that would not be shown, or would move what is shown."""


def last_lines(output: bytes, lines: int, most: int, *, cut: bool = False) -> str:
    """The last lines of it in at most ``most`` bytes of UTF-8; ``cut`` if something was before ``output``."""
    end = output[-most:] if most > 0 else b""
    cut = cut or len(end) < len(output)
    text = _shown(_whole(end) if cut else end)
    rows = text.removesuffix("\n").split("\n") if text else []
    kept = rows[-lines:] if lines > 0 else []
    return _bounded("\n".join(kept), most, cut=cut and len(kept) == len(rows))


def _whole(end: bytes) -> bytes:
    """Without the rest of a character whose beginning was cut off."""
    # A character has at most three bytes after its first, each of them of the form 10xxxxxx.
    first = (at for at, byte in enumerate(end[:3]) if byte & 0xC0 != 0x80)
    return end[next(first, 3) :]


def _shown(output: bytes) -> str:
    text = output.decode("utf-8", "replace").replace("\r\n", "\n").replace("\t", "    ")
    # A bar that moves writes over itself: each state of it is a line.
    text = text.replace("\r", "\n")
    return "".join(char if char == "\n" or char.isprintable() else STRANGE for char in text)


def _bounded(text: str, most: int, *, cut: bool) -> str:
    """Once more: a byte that is no text became three, and a tab four."""
    marked = LEFT_OUT + text if cut and text else text
    encoded = marked.encode()
    if len(encoded) <= most:
        return marked
    room = most - len(LEFT_OUT.encode())
    if room <= 0:
        return ""
    return LEFT_OUT + _whole(encoded[-room:]).decode()
