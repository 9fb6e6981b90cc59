"""What can be true of a call that did not come to a whole answer. Each text is a sentence.

The client raises these and nothing else, apart from trio's own cancellation. What they mean
for a container engine is decided in the rooms above.
"""


class HttpError(Exception):
    """The call did not come to a whole answer.

    ``sent`` is False only when it is certain that nothing of the request left this machine.
    """

    def __init__(self, sentence: str, *, sent: bool = False) -> None:
        super().__init__(sentence)
        self.sent = sent


class NobodyListens(HttpError):
    """There is nobody at this address: no such socket, no such host, or the connection was refused."""


class AccessDenied(HttpError):
    """The operating system does not let us open this socket."""


class BadCertificate(HttpError):
    """One side does not accept the other's certificate."""


class ConnectionBroken(HttpError):
    """The connection could not be made, or ended before the answer did."""


class TimedOut(HttpError):
    """The deadline passed."""


class TooLarge(HttpError):
    """The answer, or one line of it, is longer than was agreed to."""


class ProtocolBroken(HttpError):
    """What came back is not HTTP/1.1, or not what HTTP/1.1 allows at this point."""
