"""The program with engines that differ: what an entry of the file says reaches its monitor alone."""

import json
from functools import partial
from pathlib import Path

from reactor.testing.tasks import Usage
from reactor.testing.world import World
from tests.app.embedded import apart, rules_in
from tests.app.fleet.test_program import Engines, come, ended, engines, never_left, storm
from tests.app.test_supervise import task
from tests.real.several import SeveralMonitors


class Configured(SeveralMonitors):
    """One process with this configuration, and these flags."""

    def __init__(self, folder: Path, config: str, *flags: str) -> None:
        super().__init__(folder, {}, rules=rules_in(folder))
        self._config.write_text(config)
        self._flags = flags

    def command(self) -> list[str]:
        return [*super().command(), *self._flags]


def _entry(found: Engines, folder: Path, name: str, more: str = "") -> str:
    return f"  - {{name: {name}, host: '{found.host(name)}', journal: {folder / name}.db{more}}}\n"


def _has_ended(world: World, name: str) -> bool:
    return name in ended(world)


def _would_end(monitor: SeveralMonitors, engine: str) -> bool:
    return bool(monitor.said("dry run: would end a container", engine=engine, container="bad"))


async def test_one_that_is_dry_and_one_with_another_scope_stand_beside_one_that_is_neither(
    tmp_path: Path,
) -> None:
    async with engines(tmp_path) as found:
        worlds = {name: await found.begin(name) for name in ("live", "dry", "apart")}
        other = ", scope: [{name: 'only-*'}]"
        entries = [
            _entry(found, tmp_path, "live"),
            _entry(found, tmp_path, "dry", ", dry_run: true"),
            _entry(found, tmp_path, "apart", other),
        ]
        config = f"times: {{reconcile_every: 1s}}\nengines:\n{''.join(entries)}"
        with never_left(Configured(tmp_path, config)) as monitor:
            await come("it listens", partial(monitor.has_begun))
            await come("all is ready", partial(monitor.is_ready))
            for world in worlds.values():
                storm(world, "bad")
            world = worlds["apart"]
            world.use(task(world, "only-this"), Usage(pids=201))
            await come("the live one's is ended", partial(_has_ended, worlds["live"], "bad"))
            await come("the dry one's would be", partial(_would_end, monitor, "dry"))
            await come("who is in that scope is ended", partial(_has_ended, worlds["apart"], "only-this"))
            assert ended(worlds["live"]) == ["bad"]
            assert ended(worlds["dry"]) == []
            assert ended(worlds["apart"]) == ["only-this"]
            assert await apart(partial(monitor.stop)) == 0


async def test_engines_of_flags_go_over_those_of_the_file(tmp_path: Path) -> None:
    async with engines(tmp_path) as found:
        worlds = {name: await found.begin(name) for name in ("one", "other")}
        config = f"times: {{reconcile_every: 1s}}\nengines:\n{_entry(found, tmp_path, 'other')}"
        flags = ("--docker-host", f"one={found.host('one')}", "--journal", str(tmp_path / "one.db"))
        with never_left(Configured(tmp_path, config, *flags)) as monitor:
            await come("it listens", partial(monitor.has_begun))
            await come("all is ready", partial(monitor.is_ready))
            for world in worlds.values():
                storm(world, "bad")
            await come("the violator is ended", partial(_has_ended, worlds["one"], "bad"))
            _, told = await apart(partial(monitor.asked, "/api/v1/engines"))
            assert [each["name"] for each in json.loads(told)["engines"]] == ["one"]
            assert "goes over 'engines'" in monitor.raw_log()
            assert "these are not watched now: other" in monitor.raw_log()
            assert ended(worlds["other"]) == []
            assert await apart(partial(monitor.stop)) == 0
