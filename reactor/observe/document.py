"""The metric table as a page of the documentation, ``docs/metrics.md``.

The page is made from the table and a test compares the two, so that it cannot go stale.
"""

from collections.abc import Iterator

from reactor.observe.labels import MOST_KEYS, MOST_VALUES, OTHER
from reactor.observe.table import PARTS, SECONDS, Row
from reactor.observe.tally import MOST_LABEL_SETS, OVERFLOW

_HEAD = f"""# Metrics

Every number that reactor exports. Prometheus scrapes them from `http://127.0.0.1:9710/metrics`
(`--listen`); OpenTelemetry gets the same numbers by OTLP over HTTP when
`OTEL_EXPORTER_OTLP_ENDPOINT` is set. Both are written from one snapshot of one table, and the
Prometheus names are the standard translation of the OpenTelemetry ones.

- Series of a container end with the container. They carry only `container_id`; names join in
  through `reactor_container_info`, as in
  `container_threads * on (container_id) group_left (container_name) reactor_container_info`.
- Labels of containers are shown only where `--metrics-labels team,service` (or `metrics_labels` in the
  configuration) names them: as `container_label_team` on `reactor_container_info`, {MOST_KEYS} at most, and
  {MOST_VALUES} values of each; what comes on top is shown as `{OTHER}`.
- What counts events carries no container id: a container that is gone would take its counts with it.
- Where one process watches several engines, everything about an engine has one label more, `engine`,
  with its name; what the process has once (`process_…`, `cpython_…`, `reactor_build_info`,
  `reactor_loop_lag_seconds`) has none, nor has what is counted where the process answers for all
  (`reactor_web_…`, `reactor_scrapes_total`). Where one engine is watched that has no name there is no
  such label. An engine that is away has no series but `reactor_engine_up`, which is 0, and how often it
  was tried.
- What is unknown has no series. There is no zero that means "no data".
- One metric has at most {MOST_LABEL_SETS} label sets; what comes on top is counted under the label
  value `{OVERFLOW}`, and in `reactor_metric_overflows_total`.
- Whoever asks for OpenMetrics (`Accept: application/openmetrics-text`, as Prometheus does) gets that:
  with the moment at which each counter began, and with exemplars on the buckets of latencies,
  `decision_id` and `trace_id`: the certificate (`reactor show ID`) and the [trace](tracing.md) of a
  decision that took so long. Prometheus keeps them with `--enable-feature=exemplar-storage`. Others get
  the classic text format; those who accept it get it packed by `gzip`.
- The numbers of a scrape are taken hold of on the monitor's loop, which takes some tens of microseconds
  however many containers there are; all else is done beside it, in one thread and in small pieces. All
  who scrape at the same time get what is made once.
- Histograms have the bounds {", ".join(f"{bound:g}" for bound in SECONDS)} (seconds).
"""

_TAIL = """
## Pushing by OTLP

| variable | meaning |
|---|---|
| `OTEL_EXPORTER_OTLP_ENDPOINT` | where to; `/v1/metrics` is added. No endpoint, no push |
| `OTEL_EXPORTER_OTLP_METRICS_ENDPOINT` | the same for metrics alone, taken as it is |
| `OTEL_METRIC_EXPORT_INTERVAL` | milliseconds between pushes, 60000 by default |
| `OTEL_SDK_DISABLED` | `true` switches the push off |
| `OTEL_METRICS_EXPORTER` | anything without `otlp` in it switches it off; the log names what is not spoken |
| `OTEL_LOGS_EXPORTER` | `otlp` sends the lines of decisions, too: [tracing.md](tracing.md#log-lines) |
| `OTEL_SERVICE_NAME` | instead of `reactor` |
| `OTEL_RESOURCE_ATTRIBUTES` | go before ours: `service.instance.id` (the engine's id) and the like |
| `OTEL_EXPORTER_OTLP_PROTOCOL` | `http/protobuf` is spoken; with another one the monitor does not start |
| `OTEL_EXPORTER_OTLP_HEADERS`, `_COMPRESSION`, `_CERTIFICATE` … | as the OpenTelemetry exporter reads them |
| `OTEL_EXPORTER_OTLP_TIMEOUT` | in seconds, for one push with all its retries; 10 by default |

All sums are cumulative. A push that fails is counted in
`reactor_exports_total{signal="metrics", result="failed"}`, logged once when it begins and once when it is
over, and tried again at the next interval. At a stop, when all that was under way is done, the last numbers
are pushed once more, for a second and a half at most. Traces and log lines have variables of their own:
[tracing.md](tracing.md).
"""


def document() -> str:
    """The whole page in Markdown."""
    parts = (f"\n## {title}\n\n" + "".join(_lines(rows)) for title, rows in PARTS)
    return _HEAD + "".join(parts) + _TAIL


def _lines(rows: tuple[Row, ...]) -> Iterator[str]:
    yield "| Prometheus | OpenTelemetry (unit) | kind | labels | meaning |\n|---|---|---|---|---|\n"
    for row in rows:
        unit = f" ({row.unit})" if row.unit else ""
        labels = ", ".join(f"`{label}`" for label in row.labels)
        yield f"| `{row.name}` | `{row.otel}`{unit} | {row.kind} | {labels} | {row.help} |\n"
