"""Leases and boots outlive the monitor that wrote them."""

from pathlib import Path

from reactor.core.ports import KeptLease

from .build import change, running


async def test_a_restart_forgets_no_lease_and_no_boot(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    async with running(path) as journal:
        for lease in (
            KeptLease("a", 1, 30, "ada\x00"),
            KeptLease("b", 2, 30, "kim"),
            KeptLease("a", 3, 60, "kim", given_up=True),
            KeptLease("c", 4, 30),
            KeptLease("c", 4, 30, forgotten=True),
        ):
            journal.keep_lease(lease)
        for boot in ("one", "two", "one"):
            journal.keep_boot(boot)
        assert [each.name for each in journal.leases()] == ["a", "b"]
    async with running(path) as journal:
        assert journal.leases() == (KeptLease("b", 2, 30, "kim"), KeptLease("a", 3, 60, "kim", given_up=True))
        assert journal.boots() == {"one", "two"}


async def test_what_somebody_edited_into_the_file_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    async with running(path) as journal:
        journal.keep_lease(KeptLease("a", 1, 30))
    change(path, "INSERT INTO leases VALUES ('../x', 2, 30.0, '', 0, 0), ('b', 'no', 30.0, '', 0, 0)")
    async with running(path) as journal:
        assert [each.name for each in journal.leases()] == ["a"]
