"""Who asks over TCP, and who is turned away."""

from reactor.observe.names import Kind
from reactor.observe.rows.row import Row

WEB = (
    Row(
        "reactor.web.refused", "{request}", Kind.COUNTER, "reactor_web_refused_total",
        "Requests over TCP that were turned away, by what was wrong: 'host', 'page', 'certificate', "
        "'password', 'pace' or 'order'; 'seat' are streams of the page beyond what there is room for, "
        "'withdrawn' those that outlived what let them in.", ("reason",),
    ),
    Row(
        "reactor.web.defects", "{request}", Kind.COUNTER, "reactor_web_defects_total",
        "Requests and streams that a defect of the monitor broke; each is in the log.",
    ),
    Row(
        "reactor.web.config.reloads", "{reload}", Kind.COUNTER, "reactor_web_config_reloads_total",
        "Times that the web configuration had changed and was read again, by result; after a failure the one "
        "before it stays.", ("result",),
    ),
)  # fmt: skip
