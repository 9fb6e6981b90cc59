"""The table reads well in the terminal and in Markdown, the page takes it, other benches' figures fit in."""

import json
from pathlib import Path

import pytest

from bench.race import beside, pages, tables
from bench.race.names import EVERYBODY
from bench.race.options import FULL, QUICK, parse
from bench.race.output import write_json
from tests.bench.racing import whole


def test_the_text_has_every_part_and_says_what_is_missing() -> None:
    lines = tables.text(whole()).splitlines()
    assert lines[0].startswith("2026-01-02: 2 cores, 16 GiB, Linux 6.1, engine 20.10.24")
    assert any("netdata is missing: no such package" in line for line in lines)
    assert any("would take 500 s" in line for line in lines)
    titles = {line for line in lines if line.isupper()}
    assert {"RATIOS", "TARGETS", "WHAT BECAME OF THE ATTACKS"} <= titles
    (cpu,) = [line for line in lines if line.startswith("both together") and "21 %" in line]
    assert "0.50 %" in cpu
    assert not any("busy with other work" in line for line in lines)


def test_a_busy_machine_is_said_to_be_one() -> None:
    document = whole()
    document["machine"]["foreign"] = 0.5
    assert "take no absolute figure" in tables.text(document)


def test_a_time_before_the_stamp_is_explained() -> None:
    document = whole()
    assert "negative" not in tables.text(document)
    document["attacks"][0]["decided"] = -0.001
    assert "A negative time" in tables.text(document)


def test_every_row_of_a_markdown_table_has_as_many_cells_as_its_head() -> None:
    width = None
    for line in tables.markdown(whole()).splitlines():
        cells = line.count("|")
        width = None if not line.startswith("|") else width or cells
        assert width in (None, cells), line


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "share", "-"), (0.0061, "share", "0.61 %"), (0.18, "share", "18 %"), (0.0, "%", "0.00 %"),
        (38_000_000, "memory", "38.0 MB"), (0.0, "memory", "-"), (0.00049, "time", "0.49 ms"),
        (-0.0021, "time", "-2.10 ms"), (0.0421, "time", "42 ms"), (7.5, "time", "7.50 s"),
        (501.0, "s", "501 s"),
        (1.25, "x", "1.25 x"), (735074.0, "x", "735,074 x"), (12.34, "number", "12.3"),
    ],
)  # fmt: skip
def test_figures_are_shown_as_people_read_them(value: float | None, unit: str, text: str) -> None:
    assert tables.shown(value, unit) == text


def test_the_page_keeps_what_people_wrote() -> None:
    page = f"before\n{pages.BEGIN}\nold figures\n{pages.END}\nafter\n"
    renewed = pages.renewed(page, whole(), drawn=True)
    assert renewed.startswith("before\n")
    assert renewed.endswith("\nafter\n")
    assert "old figures" not in renewed
    assert "performance/cost.png" in renewed
    assert "cost.png" not in pages.renewed(renewed, whole(), drawn=False)


def test_a_page_without_marks_is_left_alone() -> None:
    with pytest.raises(pages.NoMarks):
        pages.renewed("no marks", whole(), drawn=False)


def test_the_real_page_has_its_marks() -> None:
    assert "RATIOS" in pages.renewed(pages.PAGE.read_text(), whole(), drawn=False).upper()


def test_other_benches_figures_are_found_wherever_they_are(tmp_path: Path) -> None:
    file = tmp_path / "lane.json"
    rows = [{"profile": "normal", "containers": 1000, "cpu": 0.02}, {"profile": "fast", "memory": 90}]
    file.write_text(json.dumps({"rows": rows, "facts": {"a second": 10_000, "on": True, "why": None}}))
    (read,) = beside.read([file])
    assert read["name"] == "lane"
    assert read["figures"] == {
        "rows, normal, 1000 containers, containers": 1000,
        "rows, normal, 1000 containers, cpu": 0.02,
        "rows, fast, memory": 90,
        "facts, a second": 10_000,
    }
    assert "LANE (MEASURED BY ITSELF)" in tables.text(whole() | {"beside": [read]})


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    file = tmp_path / "cost.json"
    with pytest.raises(beside.CannotBeRead, match="No such file"):
        beside.read([file])
    file.write_text("no")
    with pytest.raises(beside.CannotBeRead, match=r"cost\.json is not JSON"):
        beside.read([file])


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    document = whole()
    write_json(document, tmp_path / "folder" / "run.json")
    assert json.loads((tmp_path / "folder" / "run.json").read_text()) == json.loads(json.dumps(document))


def test_options_given_stand_over_the_chosen_size() -> None:
    assert parse([]) == FULL
    assert parse(["--quick"]) == QUICK
    chosen = parse(["--sizes", "50", "5", "--rounds", "0", "--only", "netdata", "nobody"])
    assert (chosen.sizes, chosen.attacked, chosen.rounds) == ((5, 50), 50, 0)
    assert chosen.entrants == ("nobody", "netdata")
    assert set(chosen.entrants) < set(EVERYBODY)


def test_a_full_run_has_two_hundred_attacks() -> None:
    turns = {name: (FULL.rounds if name != "poll loop" else 1) for name in FULL.mix}
    assert sum(turns[name] * sum(mix) for name, mix in FULL.mix.items()) >= 200


def test_attacks_only_at_a_size_that_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--sizes", "10", "--attacked-at", "20"])
    assert "not one of the sizes" in capsys.readouterr().err


def test_an_earlier_run_can_be_shown_again_and_nothing_else(tmp_path: Path) -> None:
    written, other = tmp_path / "run.json", tmp_path / "other.json"
    write_json(whole(), written)
    assert tables.text(beside.document(written)) == tables.text(whole())
    other.write_text('{"format": 99}')
    with pytest.raises(beside.CannotBeRead, match="not written by this bench"):
        beside.document(other)
