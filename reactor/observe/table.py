"""The one metric table: every metric that reactor has, with both of its names.

The rows are in ``rows``, by subject; here they are put together. A number without a row is not exported,
and a row is exported the same to Prometheus and to OpenTelemetry. Events never carry a container's id: a
container that is gone would take its counts with it. Names of containers stand on ``reactor_container_info``.
"""

from collections.abc import Mapping
from types import MappingProxyType

from reactor.observe.rows.actions import ACTIONS
from reactor.observe.rows.canary import CANARY
from reactor.observe.rows.containers import CONTAINERS
from reactor.observe.rows.decisions import DECISIONS
from reactor.observe.rows.engines import ENGINES
from reactor.observe.rows.keeping import JOURNAL, RECONCILE, RECORDING
from reactor.observe.rows.kernel import HOST, KERNEL
from reactor.observe.rows.ourselves import EXPORTS, OURSELVES
from reactor.observe.rows.owners import OWNERS
from reactor.observe.rows.row import Row
from reactor.observe.rows.rules import RULES
from reactor.observe.rows.sidecars import SIDECARS
from reactor.observe.rows.streams import STREAMS
from reactor.observe.rows.web import WEB

__all__ = ["PARTS", "ROWS", "SECONDS", "TABLE", "Row"]

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of the latency buckets, from one millisecond to one minute."""

PARTS: tuple[tuple[str, tuple[Row, ...]], ...] = (
    ("Containers", CONTAINERS),
    ("Rules", RULES),
    ("Decisions", DECISIONS),
    ("Actions", ACTIONS),
    ("Streams", STREAMS),
    ("Kernel", KERNEL),
    ("Host", HOST),
    ("Reconcile", RECONCILE),
    ("Owners", OWNERS),
    ("Journal", JOURNAL),
    ("Recording", RECORDING),
    ("Canary", CANARY),
    ("Sidecars", SIDECARS),
    ("Several engines", ENGINES),
    ("The monitor itself", OURSELVES),
    ("Exports", EXPORTS),
    ("The web", WEB),
)
"""All rows by their subject."""

TABLE: tuple[Row, ...] = tuple(row for _, rows in PARTS for row in rows)
"""All rows, in the order in which they are exported."""

ROWS: Mapping[str, Row] = MappingProxyType({row.name: row for row in TABLE})
"""The rows by their Prometheus name, which is the name that the code uses, too."""
