"""From the head of a request to a record, or to a refusal: what can be read in two ways is not read at all.

A proxy before us that reads a request otherwise than we do would let through what it was told to stop. So
there is one way to say how long a body is, one way to name a path, and no name of another host.
"""

from urllib.parse import parse_qsl, unquote

import h11

from reactor.http.server_messages import Peer, Request, Response, sentence

MOST_FIELDS = 100
"""Of a query."""
_SCHEMES = ("http://", "https://")
_NO_ADDRESS = "The address cannot be read."


class Refusal(Exception):
    """The request is not taken; the answer says why, and the connection ends after it."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def fields_of(head: h11.Request) -> dict[str, str]:
    """The header's fields, those that stand there more than once as one. Raises Refusal."""
    fields: dict[str, str] = {}
    for raw_name, raw_value in head.headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        # As HTTP has it for lists. What may stand once is then nothing that anybody expects, such as two
        # origins: neither the first nor the last of them counts.
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    coded = "transfer-encoding" in fields
    if coded and ("content-length" in fields or head.http_version < b"1.1"):
        raise Refusal(sentence(400, "How long the body is has to be said in one way."))
    return fields


def request_of(head: h11.Request, fields: dict[str, str], body: bytes, peer: Peer) -> Request:
    """The whole request. Raises Refusal where it is not clear what it asks for."""
    if head.method.upper() == b"CONNECT":
        # Whoever said yes to it would speak HTTP no more on this connection.
        raise Refusal(sentence(400, "This is no proxy."))
    path, _, query = _local(head.target.decode("ascii"), fields.get("host", "")).partition("?")
    try:
        asked = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise Refusal(sentence(400, _NO_ADDRESS)) from None
    return Request(head.method.decode("ascii"), unquote(path), asked, fields, body, peer)


def _local(target: str, host: str) -> str:
    """What is asked for at this host, which begins with one slash."""
    for scheme in _SCHEMES:
        if target.lower().startswith(scheme):
            # A proxy may be asked so. Somebody else's address is not answered to as if it were ours.
            named, slash, rest = target[len(scheme) :].partition("/")
            target = slash + rest if named and named.lower() == host.lower() else ""
    if not target.startswith("/") or target.startswith("//") or "#" in target or "\\" in target:
        raise Refusal(sentence(400, _NO_ADDRESS))
    return target
