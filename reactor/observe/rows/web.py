"""Who asks over TCP, and who is turned away."""

from reactor.observe.names import Kind
from reactor.observe.rows.row import Row

WEB = (
    Row(
        "reactor.web.refused", "{request}", Kind.COUNTER, "reactor_web_refused_total",
        "Requests over TCP that were turned away, by what was wrong: 'host', 'page', 'certificate', "
        "'password', 'pace' or 'order'.", ("reason",),
    ),
    Row(
        "reactor.web.config.reloads", "{reload}", Kind.COUNTER, "reactor_web_config_reloads_total",
        "Times that the web configuration had changed and was read again, by result; after a failure the one "
        "before it stays.", ("result",),
    ),
)  # fmt: skip
