"""Why an engine does not make or start a container: its words choose a sentence, and are shown with care."""

import pytest

from reactor.core.container import Limits
from reactor.core.making import LONGEST, Why, is_gone, not_created, not_started, refuse_unlimited, shown
from reactor.core.ports import CannotMake
from tests.hostile import HOSTILE, is_harmless

ID = "a" * 64
PORT = (
    f"driver failed programming external connectivity on endpoint {'n' * 120} ({'e' * 64}): "
    "Bind for 127.0.0.1:5432 failed: port is already allocated"
)
LISTENED = "Error starting userland proxy: listen tcp4 127.0.0.1:5432: bind: address already in use"
RUNTIME = (
    "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container "
    'process: exec: "/no/such": stat /no/such: no such file or directory: unknown'
)
MOUNT = 'invalid mount config for type "bind": bind source path does not exist: /no such image/x'
TAKEN = f'Conflict. The container name "/pg" is already in use by container "{ID}".'


@pytest.mark.parametrize(
    ("status", "words", "why"),
    [
        (404, "No such image: postgres:16", "image"),
        (404, "page not found", "refused"),
        (404, "", "refused"),
        (409, TAKEN, "name"),
        (400, MOUNT, "bind"),
        (500, "statfs /data/pg: no such file or directory", "bind"),
        (400, "Minimum memory limit allowed is 6MB", "refused"),
        (400, "No such image: is what its label says", "refused"),
        (500, "write /var/lib/docker/x: no space left on device", "refused"),
    ],
)
def test_why_one_is_not_created(status: int, words: str, why: str) -> None:
    refused = not_created(status, words)
    assert refused.why == why
    assert str(status) in str(refused)
    assert words in str(refused)


@pytest.mark.parametrize(
    ("status", "words", "why"),
    [
        (500, PORT, "port"),
        (500, LISTENED, "port"),
        (400, RUNTIME, "start"),
        (400, MOUNT, "bind"),
        (409, "cannot join network of a non running container: " + ID, "start"),
        (404, "No such container: somebody", "start"),
        (404, "network x not found", "start"),
        (500, "", "start"),
    ],
)
def test_why_one_does_not_start(status: int, words: str, why: str) -> None:
    refused = not_started(status, words)
    assert refused.why == why
    assert words[-60:] in str(refused), "what happened is at the end of an engine's words"


def test_only_its_own_id_says_that_it_is_gone() -> None:
    assert is_gone(404, f"No such container: {ID}", ID)
    assert is_gone(404, f'no container with name or ID "{ID}" found: no such container', ID)
    assert not is_gone(404, "No such container: another", ID)
    assert not is_gone(500, f"No such container: {ID}", ID)
    assert not is_gone(404, "page not found", ID)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_strangers_words_are_short_and_harmless(text: str) -> None:
    for refused in (not_created(400, text), not_started(500, text)):
        assert is_harmless(str(refused))
        assert "\n" not in str(refused)
        assert len(str(refused)) < LONGEST + 200
    assert len(shown(text)) <= LONGEST + 1


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    assert shown("begin" + "x" * 5000 + "end").startswith("begin")
    assert shown("begin" + "x" * 5000 + "end").endswith("end")
    assert shown("y" * LONGEST) == "y" * LONGEST


@pytest.mark.parametrize(
    ("limits", "what"),
    [
        (Limits(), "PIDs, memory, CPU"),
        (Limits(9, 9), "CPU"),
        (Limits(None, 9, 9, 1.0), "PIDs"),
        (Limits(0, 9, 9, 1.0), "above zero"),
        (Limits(9, 9, 8, 1.0), "swap"),
    ],
)
def test_without_limits_nothing_is_made(limits: Limits, what: str) -> None:
    with pytest.raises(CannotMake, match=what) as refused:
        refuse_unlimited(limits)
    assert refused.value.why is Why.REFUSED


def test_limits_without_swap_are_enough() -> None:
    refuse_unlimited(Limits(9, 9, None, 0.1))
