"""What goes wrong with an engine as a whole, or with its grip on one container.

A crash and a return of the engine, a stuck shim, a stuck stats collector and a flood of
events belong here; broken connections are the business of ``proxy`` and ``direct``.
"""

import trio

from reactor.core.container import State
from reactor.testing import life
from reactor.testing.box import Box
from reactor.testing.events import Message
from reactor.testing.ground import Ground
from reactor.testing.history import What
from reactor.testing.refusals import Refused


def wedge(box: Box, *, inspect_hangs: bool = True) -> None:
    """Let its shim get stuck: kill, stop and (by default) inspect hang, the list still works."""
    box.wedged = box.wedged or trio.Event()
    box.inspect_hangs = inspect_hangs


def free(box: Box, now: float) -> None:
    """Let its shim go on; what was asked meanwhile is done now, whoever still waits for it."""
    if box.wedged is None:
        return
    stuck, owed = box.wedged, tuple(box.owed)
    box.wedged, box.inspect_hangs = None, False
    box.owed.clear()
    for action in owed:
        try:
            action(now)
        except Refused:
            # Its run is over meanwhile; who asked has long been told that nothing came.
            continue
    stuck.set()


def freeze_stats(ground: Ground) -> None:
    """Let the one collector of all stats get stuck: no stream gets a frame."""
    ground.stats_frozen = ground.stats_frozen or trio.Event()


def thaw_stats(ground: Ground) -> None:
    """Let the collector go on."""
    if ground.stats_frozen is not None:
        ground.stats_frozen.set()
        ground.stats_frozen = None


def crash(ground: Ground, at: float) -> None:
    """Kill the engine: streams break, calls find nobody, the containers run on."""
    if not ground.up:
        return
    ground.note(None, What.DOWN, at, "engine")
    ground.up, ground.rose = False, trio.Event()
    ground.events.end_all("reset")
    ground.fell.set()


def shut_down(ground: Ground, at: float) -> None:
    """Stop the engine in order: every container is stopped first, and the events of that are sent."""
    for box in tuple(ground.boxes.values()):
        # To a policy this does not count as stopped by hand: it was the engine itself.
        by_hand = box.by_hand
        _stop_for_engine(ground, box, at)
        box.by_hand = by_hand
    crash(ground, at)


def boot(ground: Ground, at: float, *, live_restore: bool = False) -> None:
    """Start the engine again: an empty ring, and (without live-restore) every container stopped.

    What ended meanwhile is found exited without an event; what its policy wants back comes
    back as a new run, and is told of before anybody can ask. A real engine needs up to ten
    seconds for the stopping and answers nobody until it is done.
    """
    if ground.up:
        return
    ground.up, ground.fell, rose = True, trio.Event(), ground.rose
    ground.events.forget()
    ground.note(None, What.UP, at, "engine")
    for box in tuple(ground.boxes.values()):
        if not live_restore:
            _stop_for_engine(ground, box, at)
        box.listed = box.state
    for box in tuple(ground.boxes.values()):
        _take_up(ground, box, at)
    # Only now: nobody is let in before all of this is done.
    rose.set()


def _stop_for_engine(ground: Ground, box: Box, at: float) -> None:
    """Stop one of those that ran on. Whom it stops counts as stopped by hand: a real engine has it so."""
    if box.state is State.RESTARTING:
        box.cancel_timers()
        box.state = box.listed = State.EXITED
    if not box.has_process:
        return
    task, box.by_hand, box.stopping = box.recipe.task, True, True
    ground.tell(box, "kill", at, signal="15")
    if task.polite is None:
        ground.tell(box, "kill", at, signal="9")
    life.finish(ground, box, at, life.KILLED if task.polite is None else task.polite_code, "engine")


def _take_up(ground: Ground, box: Box, at: float) -> None:
    """Start or remove one container at boot, as its policy says."""
    if box.has_process or not box.started or box.id not in ground.boxes:
        return
    if box.recipe.auto_remove:
        life.start_removal(ground, box, at, "engine")
    elif box.recipe.policy.returns_on_boot(by_hand=box.by_hand, code=box.exit_code):
        _bring_back(ground, box, at)


def _bring_back(ground: Ground, box: Box, at: float) -> None:
    box.restarts, box.wait = 0, 0.0
    try:
        life.begin(ground, box, at, "engine")
    except Refused:
        # The container that it joins is not back: it stays where it is, without an event.
        box.listed = box.state


def flood(ground: Ground, box: Box, count: int, at: float) -> None:
    """Let ``count`` commands be executed in it: three events each, with a stranger's text in them."""
    for _ in range(count):
        for action in ("exec_create: sh -c date", "exec_start: sh -c date", "exec_die"):
            ground.tell(box, action, at, execID="0" * 64)


def foreign(ground: Ground, message: Message) -> None:
    """Publish any message as it stands, a malformed one too."""
    ground.events.publish(message)
