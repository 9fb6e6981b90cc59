"""The boards: what the linter of dashboards asks for, and every expression about metrics that we have.

The names of the tests are those of the linter's rules where they are one; rules about logs have nothing to
find here. Whether an expression returns something is asked of a real Prometheus in ``tests/real``.
"""

import json
import re
from pathlib import Path
from typing import Any

import promql_parser
import pytest

from reactor.observe.joining import OF_PROCESS
from reactor.observe.names import Kind
from reactor.observe.table import ROWS
from tests.grafana.boards import BOARDS, Asked, asked, boards, filled, panels
from tests.grafana.files import GRAFANA, yaml
from tools.boards.__main__ import boards as made

SUFFIXES = re.compile(r"_(bucket|sum|count)$")
SELECTOR = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\{([^}]*)\}")
UIDS = {"fleet": "reactor-fleet", "container": "reactor-container", "monitor": "reactor-monitor"}

every_board = pytest.mark.parametrize("board", list(boards().values()), ids=list(boards()))
every_panel = pytest.mark.parametrize(
    "panel",
    [panel for board in boards().values() for panel in panels(board)],
    ids=[f"{name}: {panel['title']}" for name, board in boards().items() for panel in panels(board)],
)
every_expression = pytest.mark.parametrize("one", list(asked()), ids=lambda one: f"{one.board}: {one.panel}")


def variable(board: Any, name: str) -> Any:
    (found,) = [each for each in board["templating"]["list"] if each["name"] == name]
    return found


def test_the_files_are_what_the_code_makes() -> None:
    """When this fails: ``python -m tools.boards``."""
    assert {path.name: path.read_text() for path in BOARDS} == made()


@every_board
def test_template_datasource_rule(board: Any) -> None:
    found = variable(board, "datasource")
    assert (found["type"], found["query"], found["label"]) == ("datasource", "prometheus", "Data source")


@every_board
@pytest.mark.parametrize(("name", "label"), [("job", "Job"), ("instance", "Instance")])
def test_template_job_rule_and_template_instance_rule(board: Any, name: str, label: str) -> None:
    found = variable(board, name)
    assert (found["type"], found["label"], found["multi"], found["allValue"]) == ("query", label, True, ".+")
    assert found["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@every_board
def test_engines_can_be_chosen_and_all_of_them_are_also_one_without_a_name(board: Any) -> None:
    """In Prometheus a label that is not there is the empty text."""
    found = variable(board, "engine")
    assert (found["multi"], found["includeAll"], found["allValue"]) == (True, True, ".*")
    assert found["current"]["value"] == ["$__all"]
    shown = 'reactor_engine_up{engine="far away", instance="i", job="reactor"} 1 1700000000000'
    pattern = re.compile(found["regex"].strip("/"))
    assert [each[1] for each in pattern.finditer(shown)] == ["far away"]
    assert not pattern.search(shown.replace('engine="far away", ', ""))


@every_expression
def test_an_engine_is_chosen_wherever_there_is_one(one: Asked) -> None:
    """And where numbers are compared or joined, each with those of its own engine."""
    if one.panel.startswith("variable"):
        return
    for name, labels in SELECTOR.findall(one.expr):
        assert ('engine=~"$engine"' in labels) is not _row(name).startswith(OF_PROCESS), (name, one.expr)
    for together in re.findall(r"\bon \(([^)]*)\)", one.expr):
        assert together.startswith("job, instance, engine"), one.expr


@every_board
def test_template_label_promql_rule(board: Any) -> None:
    for each in board["templating"]["list"]:
        if each["type"] == "query":
            assert each["query"]["query"] == each["definition"]
            assert re.match(r"(label_values|query_result)\(", each["definition"])


@every_board
def test_template_on_time_change_reload_rule(board: Any) -> None:
    assert all(each["refresh"] == 2 for each in board["templating"]["list"] if each["type"] == "query")


@every_panel
def test_panel_datasource_rule(panel: Any) -> None:
    wanted = {"type": "prometheus", "uid": "${datasource}"}
    assert panel["datasource"] == wanted
    assert all(target["datasource"] == wanted for target in panel["targets"])


@every_panel
def test_panel_title_description_rule(panel: Any) -> None:
    assert panel["title"]
    assert panel["description"].endswith(".")


@every_panel
def test_panel_units_rule(panel: Any) -> None:
    assert panel["fieldConfig"]["defaults"]["unit"]


@every_panel
def test_panel_no_targets_rule(panel: Any) -> None:
    assert panel["targets"]
    assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


@every_expression
def test_target_promql_rule(one: Asked) -> None:
    promql_parser.parse(filled(one.expr))


@every_expression
def test_target_rate_interval_rule(one: Asked) -> None:
    """A rate is over Grafana's own span, and so are counts; a sum over the whole span says so."""
    for function, span in re.findall(r"(\w+) ?\([^\[\]()]*\[([^\]]*)\]", one.expr):
        usual = {"$__interval"} if one.panel.startswith("annotation") else {"$__rate_interval"}
        allowed = usual | {"$__range"} if function == "increase" else usual
        assert span in allowed, one.expr
    assert one.expr.count("[") == len(re.findall(r"(?:rate|increase) ?\([^\[\]()]*\[", one.expr))


@every_expression
def test_target_job_rule_and_target_instance_rule(one: Asked) -> None:
    if one.panel.startswith("variable"):
        return
    selectors = SELECTOR.findall(one.expr)
    assert len(selectors) == len(_metrics(one.expr))
    for _, labels in selectors:
        assert 'job=~"$job"' in labels
        assert 'instance=~"$instance"' in labels


@every_expression
def test_target_counter_agg_rule(one: Asked) -> None:
    """A counter is shown by how it grows; restarts are a number of one container, and few."""
    if one.expr.startswith("container_restarts_total") or one.panel.startswith("annotation"):
        return
    for name in _metrics(one.expr):
        if ROWS[_row(name)].kind in {Kind.COUNTER, Kind.HISTOGRAM}:
            before = one.expr[: one.expr.index(name)]
            assert re.search(r"(rate|increase) ?\($", before), one.expr


@every_board
def test_uneditable_dashboard_rule(board: Any) -> None:
    assert board["editable"] is False


@every_expression
def test_every_metric_is_in_the_table(one: Asked) -> None:
    names = _metrics(one.expr)
    assert names
    for name in names:
        assert _row(name) in ROWS, name
    for name, labels in SELECTOR.findall(one.expr):
        known = {*ROWS[_row(name)].labels, "job", "instance", "engine", "le"}
        assert set(re.findall(r"(\w+)(?:=~|!~|!=|=)", labels)) <= known


@every_panel
def test_what_a_legend_names_is_there(panel: Any) -> None:
    for target in panel["targets"]:
        for label in re.findall(r"{{(\w+)}}", target["legendFormat"]):
            assert re.search(rf"\b{label}\b", target["expr"]) or any(
                label in ROWS[_row(name)].labels for name in _metrics(target["expr"])
            ), (target["expr"], label)


@every_board
def test_panels_stand_beside_and_below_each_other(board: Any) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        here = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not taken & here
        assert place["x"] + place["w"] <= 24
        taken |= here
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)


def test_boards_are_found_by_fixed_names() -> None:
    found = boards()
    assert {name: board["uid"] for name, board in found.items()} == UIDS
    assert {board["schemaVersion"] for board in found.values()} == {41}
    text = json.dumps(found)
    assert set(re.findall(r"/d/([a-z-]+)", text)) <= set(UIDS.values())


def test_the_lines_of_the_rules_are_drawn() -> None:
    """The thresholds come from the rules in force, and not from numbers that somebody typed."""
    limits = [
        panel
        for panel in panels(boards()["container"])
        if panel["type"] == "timeseries" and panel["title"] in {"PIDs", "Memory", "CPU", "Age"}
    ]
    assert len(limits) == 4
    for panel in limits:
        assert any("reactor_rule_threshold{" in target["expr"] for target in panel["targets"])


@pytest.mark.parametrize(
    "path", sorted((GRAFANA / "provisioning").rglob("*.yaml")), ids=lambda path: path.name
)
def test_provisioning_files_are_of_the_first_version(path: Path) -> None:
    read = yaml(path)
    assert read["apiVersion"] == 1
    assert {"providers", "datasources"} & set(read)


def _metrics(expr: str) -> list[str]:
    """The names of metrics: what stands before a brace, or alone."""
    bare = re.sub(r"\"[^\"]*\"|\[[^\]]*\]|\{[^}]*\}", "", expr)
    return re.findall(r"\b(?:container|reactor|process|cpython)_[a-z0-9_]+\b(?! ?\()", _without_labels(bare))


def _without_labels(expr: str) -> str:
    """The expression without the labels that it groups or joins by."""
    return re.sub(r"\b(by|on|group_left|without) ?\([^)]*\)", "", expr)


def _row(name: str) -> str:
    return name if name in ROWS else SUFFIXES.sub("", name)
