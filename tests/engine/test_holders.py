"""Who has which folders of the host: all of it as the engine writes it, or an error."""

from typing import Any

import pytest

from reactor.core.ports import EngineError
from reactor.engine.holders import Holder, holders
from tests.engine.fake import Fake, fake_engine
from tests.engine.payloads import A, B, inspect

EXITED = {"state__Status": "exited", "state__FinishedAt": "2026-11-21T05:00:00.5Z"}
MOUNT = {"Type": "bind", "Source": "/srv/seen", "Destination": "/data"}


def rows(fake: Fake, *ids: str) -> None:
    fake.say("GET /containers/json", body=[{"Id": each, "Names": ["/x"], "State": "exited"} for each in ids])


def given(fake: Fake, volumes: Any = None, **changes: Any) -> None:
    """One container, and these volumes."""
    rows(fake, A)
    fake.say(f"GET /containers/{A}/json", body=inspect(**{"Mounts": [], **changes}))
    fake.say("GET /volumes", body={"Volumes": volumes})


async def test_paths_stand_in_four_places_and_all_of_them_count() -> None:
    """As mounted, as bound, as wished for, and as the device of a volume; names of volumes are no paths."""
    wish = {"Type": "bind", "Source": "/srv/wished", "Target": "/x"}
    inline = {"device": "/srv/inline", "o": "bind"}
    odd = {"Type": "volume", "Source": "v", "VolumeOptions": {"DriverConfig": {"Options": inline}}}
    named = [{"Name": "v", "Options": {"device": "/srv/volume"}}, {"Name": "w", "Options": None}]
    async with fake_engine() as (fake, engine):
        given(
            fake, named, **EXITED, Mounts=[MOUNT, {"Type": "tmpfs", "Source": "", "Destination": "/t"}],
            host__Binds=["/srv/bound:/y:ro", "volume:/z"], host__Mounts=[wish, odd],
        )  # fmt: skip
        one, volume = await holders(engine)
    assert one.paths == ("/srv/seen", "/srv/bound", "/srv/wished", "/srv/inline")
    assert (one.id, one.name, one.labels, one.over) == (A, "task-1", {"reactor.task": "7"}, True)
    assert one.finished == pytest.approx(1795237200.5)
    assert volume == Holder("", "the volume v", ("/srv/volume",))


async def test_who_lives_or_never_ran_is_not_over() -> None:
    for status in ("running", "paused", "created", "restarting", "removing"):
        async with fake_engine() as (fake, engine):
            given(fake, state__Status=status)
            (one,) = await holders(engine)
        assert (one.over, one.finished) == (False, None)


@pytest.mark.parametrize(
    "changes",
    [{"Mounts": 5}, {"Mounts": [{"Source": 5}]}, {"host__Binds": "/x:/y"}, {"host__Mounts": [5]}, {"Id": B},
     {"config__Labels": [1]}, {"State": None}],
)  # fmt: skip
async def test_what_cannot_be_read_is_an_error_and_not_nothing(changes: dict[str, Any]) -> None:
    async with fake_engine() as (fake, engine):
        given(fake, **changes)
        with pytest.raises(EngineError):
            await holders(engine)


async def test_what_lacks_its_mounts_or_its_volumes_is_an_error() -> None:
    async with fake_engine() as (fake, engine):
        given(fake)
        body = inspect()
        fake.say(f"GET /containers/{A}/json", body=body)
        with pytest.raises(EngineError, match="Mounts"):
            await holders(engine)
        given(fake)
        for status, said in ((403, {"message": "no"}), (404, {"message": "page not found"}), (200, {})):
            fake.say("GET /volumes", status, said)
            with pytest.raises(EngineError):
                await holders(engine)


async def test_who_went_meanwhile_is_gone_and_who_is_listed_has_to_be_seen() -> None:
    """Once the list is without it, it is nobody's; as long as it has it, nothing is known."""
    async with fake_engine() as (fake, engine):
        given(fake)
        rows(fake, A, B)
        with pytest.raises(EngineError, match="somebody new"):
            await holders(engine)
        asked = len(fake.asked)

        def tell(number: int, _: int) -> None:
            # B is being looked for: from the next list on it is not there any more.
            if number == 1:
                rows(fake, A)

        assert [each.id for each in await holders(engine, tell)] == [A]
        assert len(fake.asked) > asked


async def test_who_came_meanwhile_is_asked_as_well() -> None:
    async with fake_engine() as (fake, engine):
        given(fake)
        fake.say(f"GET /containers/{B}/json", body=inspect(Id=B, Mounts=[MOUNT]))

        def tell(_number: int, _all: int) -> None:
            rows(fake, A, B)

        assert [each.id for each in await holders(engine, tell)] == [A, B]
