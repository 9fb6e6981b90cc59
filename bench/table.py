"""Makes lines of text out of rows. What the rows are is in ``report``."""

from collections.abc import Iterable, Sequence

Row = Sequence[str]
GAP = "  "


def table(rows: Iterable[Row]) -> list[str]:
    """Rows as lines: the first column to the left, the others to the right; one cell is a heading."""
    every = [tuple(row) for row in rows]
    columns = [row for row in every if len(row) > 1]
    widths = [max(map(len, column)) for column in zip(*columns, strict=True)]
    return [_line(row, widths) for row in every]


def _line(row: Row, widths: Sequence[int]) -> str:
    if len(row) == 1:
        return row[0]
    first, *others = row
    cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
    return GAP.join((first.ljust(widths[0]), *cells)).rstrip()


def duration(seconds: float | None) -> str:
    """A duration in the unit in which it reads best."""
    if seconds is None:
        return "-"
    if seconds < 1.0:
        return f"{seconds * 1000:.1f} ms"
    return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"


def share(cpu: float, wall: float) -> str:
    """CPU seconds as a share of one core."""
    return "-" if wall <= 0 else f"{100 * cpu / wall:.1f} %"
