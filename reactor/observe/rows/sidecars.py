"""What tasks have beside them, and what of it failed."""

from reactor.observe.names import Kind
from reactor.observe.rows.row import Row

_C, _U, _H = Kind.COUNTER, Kind.UPDOWN, Kind.HISTOGRAM

SIDECARS = (
    Row(
        "reactor.sidecars", "{sidecar}", _U, "reactor_sidecars",
        "Sidecars of tasks, by template and state: waiting, making, starting, ready, failed, ignored, "
        "ending or over.",
        ("template", "state"),
    ),
    Row(
        "reactor.sidecar.failures", "{failure}", _C, "reactor_sidecar_failures_total",
        "Sidecars that could not be made, did not get ready in time or ended while their task lived, by "
        "template and reason.",
        ("template", "why"),
    ),
    Row(
        "reactor.sidecar.ready", "s", _H, "reactor_sidecar_ready_seconds",
        "From the moment at which a sidecar is to be made until it is ready.",
        ("template",),
    ),
)  # fmt: skip
