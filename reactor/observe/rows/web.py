"""Who asks over TCP, and who is turned away."""

from reactor.observe.names import Kind
from reactor.observe.rows.row import Row

WEB = (
    Row(
        "reactor.web.refused", "{request}", Kind.COUNTER, "reactor_web_refused_total",
        "Requests over TCP that were turned away, by what was wrong: 'host', 'page', 'certificate', "
        "'password', 'pace' or 'order'.", ("reason",),
    ),
)  # fmt: skip
