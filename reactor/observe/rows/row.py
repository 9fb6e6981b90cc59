"""What a row of the metric table says. The rows themselves are in the modules beside."""

from dataclasses import dataclass

from reactor.observe.names import Kind, label_name


@dataclass(frozen=True, slots=True)
class Row:
    """One metric. ``attributes`` are OpenTelemetry's; the label names derive from them."""

    otel: str
    unit: str
    kind: Kind
    name: str
    help: str
    attributes: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The label names in Prometheus."""
        return tuple(label_name(attribute) for attribute in self.attributes)
