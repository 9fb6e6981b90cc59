"""Several monitors on one page: who is whose, each family once, the process once."""

from opentelemetry.sdk.metrics.export import Gauge, Sum
from opentelemetry.sdk.resources import Resource
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from reactor.observe.joining import is_process, joined
from reactor.observe.otlp import metrics_data
from reactor.observe.prometheus import Format, render
from tests.observe.build import container_id, snapshot


def test_each_series_says_whose_it_is_and_no_family_stands_twice() -> None:
    """Also where both engines have a container with the same id."""
    page = joined(snapshot(), {"one": snapshot(1, 2), "two": snapshot(2)})
    text = render(page, Format.OPENMETRICS).decode()
    families = list(text_string_to_metric_families(text))  # type: ignore[no-untyped-call]  # The parser has no types.
    assert len({each.name for each in families}) == len(families)
    seen = set()
    for family in families:
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            assert key not in seen
            seen.add(key)
            assert ("engine" in sample.labels) != is_process(sample.name), sample
    whose = [dict(labels) for name, labels in seen if name == "container_threads"]
    threads = {(each["engine"], each["container_id"]) for each in whose}
    one, two = container_id(1), container_id(2)
    assert threads == {("one", one), ("one", two), ("two", two)}


def test_opentelemetry_gets_the_same() -> None:
    page = joined(snapshot(), {"one": snapshot(1, 2), "two": snapshot(2)})
    ((resource,),) = (metrics_data(page, Resource.create({})).resource_metrics,)
    metrics = resource.scope_metrics[0].metrics
    assert len({each.name for each in metrics}) == len(metrics)
    (threads,) = [each.data for each in metrics if each.name == "container.threads"]
    assert isinstance(threads, Sum | Gauge)
    assert sorted(str((each.attributes or {})["engine"]) for each in threads.data_points) == [
        "one",
        "one",
        "two",
    ]


def test_a_name_is_written_as_text_whatever_is_in_it() -> None:
    text = render(joined(snapshot(), {'a"} 1\nfake 2': snapshot(1)})).decode()
    assert "\nfake" not in text
