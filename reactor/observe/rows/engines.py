"""How it stands with each engine, where a process watches several."""

from reactor.observe.names import Kind
from reactor.observe.rows.row import Row

ENGINES = (
    Row(
        "reactor.engine.up", "", Kind.GAUGE, "reactor_engine_up",
        "1 while the engine of this name is watched, its monitor is ready and its numbers can be told, "
        "else 0. Absent where one engine is watched that has no name.", ("engine",),
    ),
    Row(
        "reactor.engine.tries", "{try}", Kind.COUNTER, "reactor_engine_tries_total",
        "How often a monitor was begun for the engine of this name: the first time counts, too.", ("engine",),
    ),
    Row(
        "reactor.engine.defects", "{defect}", Kind.COUNTER, "reactor_engine_defects_total",
        "How often the monitor of this engine broke by a defect and was begun again; each is in the log.",
        ("engine",),
    ),
)  # fmt: skip
