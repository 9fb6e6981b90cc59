"""What an operator orders, carried into the memory: held and resumed, silenced and heard again.

What the orders are is in ``orders``. Here they begin and end, and what rules said during a hold may be
said, and done, once it is over.
"""

from dataclasses import replace

from reactor.core.braking import release
from reactor.core.cautions import HoldBegan, HoldOver, SilenceBegan, SilenceOver
from reactor.core.decisions import Decision
from reactor.core.facts import Held, Released, Resumed, Silenced, Unsilenced
from reactor.core.notes import Note
from reactor.core.orders import Hold, Orders, silence_of
from reactor.core.state import Setup, State

Order = Held | Resumed | Released | Silenced | Unsilenced


def under_orders(setup: Setup, state: State, at: float) -> Setup:
    """The setup as the orders leave it: everything dry during a hold, and with the silences."""
    orders = state.curbs.orders
    if orders is None:
        return setup
    held = orders.hold is not None and orders.hold.holds(at)
    return replace(setup, dry_run=setup.dry_run or held, silences=orders.silences)


def obey(state: State, fact: Order) -> tuple[State, list[Note]]:
    """The state under this order, and what is to be said of it."""
    orders = state.curbs.orders or Orders()
    match fact:
        case Held():
            return _hold(state, orders, fact.hold, fact.at)
        case Resumed():
            return _resume(state, orders, fact.at, fact.who)
        case Released():
            return release(state, fact.at, fact.who)
        case Silenced():
            others = tuple(each for each in orders.silences if each.id != fact.silence.id)
            state = _ordered(state, replace(orders, silences=(*others, fact.silence)))
            return state, [SilenceBegan(fact.at, fact.silence)]
        case Unsilenced():
            return _hear(state, orders, fact)


def expire(state: State, at: float) -> tuple[State, list[Note]]:
    """End what was ordered for a time that is over."""
    orders = state.curbs.orders
    if orders is None:
        return state, []
    notes: list[Note] = []
    if orders.hold is not None and not orders.hold.holds(at):
        state, notes = _resume(state, orders, at, "")
        orders = state.curbs.orders or Orders()
    over = [each for each in orders.silences if at >= each.until]
    if over:
        state = _ordered(state, replace(orders, silences=tuple(e for e in orders.silences if e not in over)))
    return state, [*notes, *(SilenceOver(at, each) for each in over)]


def _hold(state: State, orders: Orders, hold: Hold, at: float) -> tuple[State, list[Note]]:
    spoken = state.curbs.spoken
    if orders.hold is None:
        spoken = {entry.run: entry.latched for entry in state.entries.values() if entry.latched}
    state = _ordered(state, replace(orders, hold=hold))
    return replace(state, curbs=replace(state.curbs, spoken=spoken)), [HoldBegan(at, hold)]


def _resume(state: State, orders: Orders, at: float, who: str) -> tuple[State, list[Note]]:
    """What was only said for the hold's sake does not count as said: it is decided anew if it still holds."""
    if orders.hold is None:
        return state, []
    spoken, anew = state.curbs.spoken, {}
    for entry in state.entries.values():
        latched = entry.latched & spoken.get(entry.run, frozenset())
        if latched != entry.latched:
            anew[entry.run.id] = replace(entry, latched=latched)
    state = replace(state, entries=state.entries.put_all(anew), curbs=replace(state.curbs, spoken={}))
    return _ordered(state, replace(orders, hold=None)), [HoldOver(at, orders.hold, who)]


def _hear(state: State, orders: Orders, fact: Unsilenced) -> tuple[State, list[Note]]:
    over = [each for each in orders.silences if each.id == fact.id]
    left = tuple(each for each in orders.silences if each.id != fact.id)
    state = _ordered(state, replace(orders, silences=left))
    return state, [SilenceOver(fact.at, each, fact.who) for each in over]


def _ordered(state: State, orders: Orders) -> State:
    return replace(state, curbs=replace(state.curbs, orders=None if orders == Orders() else orders))


def is_held(state: State, at: float) -> bool:
    """Whether nothing is done at this moment."""
    orders = state.curbs.orders
    return orders is not None and orders.hold is not None and orders.hold.holds(at)


def may_act(state: State, decision: Decision, at: float) -> bool:
    """Whether no order has come in between: what was decided may have waited. Nobody is undone by it."""
    orders = state.curbs.orders
    if orders is None or decision.dry_run:
        return True
    rule = "" if decision.cause else decision.rule
    # What goes with its main goes whatever its rule, but for a container that somebody spared.
    return not is_held(state, at) and silence_of(orders.silences, decision.run.id, rule, at) is None
