"""What strangers may write into names, labels, images and output; for whoever shows any of it to anybody."""

HOSTILE: dict[str, str] = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": '" onmouseover="alert(1)" x=\'',
    "entities": "&lt;b&gt; &#0; &amp;amp;",
    "newlines": 'a\nlevel=error msg="the engine is gone"\r\nb',
    "ansi": "\x1b[31mred\x1b[0m\x1b]0;title\x07\x1b[2J\x9b31m",
    "right-to-left": "gpj.\u202eexe\u2066\u2069\u200f\u061c",
    "hidden": "ad\u200bmin\ufeff\u2028\u2029\u00ad",
    "nul": "a\0b",
    "surrogates": "a\ud800b\udfff",
    "json": '{"msg":"forged","level":"error"}\\u0000\\',
    "metric": 'x"} 1\nreactor_kills_total{rule="forged"} 99\n# HELP',
    "event-stream": "x\n\nevent: decision\ndata: {}\n\n",
    "template": "{{7*7}} ${7*7} %s %(name)s {0} $__range",
    "sql": "'; DROP TABLE intents; --",
    "path": "../../../etc/passwd",
    "combining": "Z" + "\u0335\u0336" * 200,
    "long": "long " * 20_000,
}
"""By what each is about."""


def is_harmless(text: str) -> bool:
    """Whether a terminal, a log or a table can show it: lines of printable characters, and no others."""
    return all(line.isprintable() for line in text.split("\n")) and not _halves(text)


def _halves(text: str) -> bool:
    return any(0xD800 <= ord(char) <= 0xDFFF for char in text)
