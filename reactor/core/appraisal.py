"""What every rule makes of one container, and what it would take: the answer to "why (not)?".

Only reading belongs here: the same functions that decide are asked, and nothing is changed.
How an appraisal is shown is the business of the rooms above.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from reactor.core.braking import OPEN, SERVICE
from reactor.core.foresight import due_in
from reactor.core.judging import fresh_sample, view_of
from reactor.core.lacking import what_is_lacking
from reactor.core.language.distance import Distance, distance_of, distances
from reactor.core.language.totals import say_amount
from reactor.core.language.units import say_duration
from reactor.core.lasting import renewed
from reactor.core.leases import OwnerAppraisal, appraise_owner
from reactor.core.obeying import is_held, under_orders
from reactor.core.orders import silence_of
from reactor.core.outlook import Outlook, Stand, outlooks
from reactor.core.protection import Standing
from reactor.core.rules import Level, Rule, View
from reactor.core.sentences import sentence_of
from reactor.core.state import Entry, Setup, State
from reactor.core.topology import cascade, mains_of

NOT_SELECTED = "not-selected"
"""The stand of a rule whose ``select`` does not name the container, or that is for nobody out of scope."""
SHORTEST = 4
"""Characters by which the beginning of an id may be named."""


@dataclass(frozen=True, slots=True)
class RuleAppraisal:
    """One rule towards one run.

    ``stand`` is a value of ``Stand`` or NOT_SELECTED, ``sentence`` says it in words; ``said`` is the
    condition with the run's numbers. ``held`` is for how many seconds it has held and ``due_in`` in how
    many it would act if nothing changes, at the latest where others may go first; None if nobody can know.
    ``exempted_by`` is the exception that spares the run, ``remarks`` are what else there is to know.
    ``summary`` and ``description`` are the author's words, with the run's values.
    """

    rule: str
    level: str
    place: str
    stand: str
    sentence: str
    condition: str
    said: str
    action: str
    dry_run: bool
    distances: tuple[Distance, ...] = ()
    held: float | None = None
    due_in: float | None = None
    exempted_by: str = ""
    remarks: tuple[str, ...] = ()
    summary: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Appraisal:
    """One container: where it stands, what hangs on it, and what each rule makes of it.

    ``kept_by`` says what keeps every rule from acting, empty if nothing does. ``sample_age`` is how old
    the last reading is, in seconds, None without one that counts. ``owner`` is what is known of its owner,
    ``extended`` who lets it live longer.
    """

    id: str
    name: str
    image: str
    state: str
    standing: str
    kept_by: str
    task: str
    mains: tuple[str, ...]
    sidecars: tuple[str, ...]
    age: float | None
    sample_age: float | None
    rules: tuple[RuleAppraisal, ...]
    owner: OwnerAppraisal | None = None
    extended: str = ""


SPARED = {
    Standing.WATCHED: "it is out of scope: it is only watched",
    Standing.SKIPPED: "it carries the skip label",
    Standing.PROTECTED: "the configuration protects it, or it is reactor's own",
}


def find(state: State, wanted: str) -> tuple[Entry, ...]:
    """The entries that a person means: by full id, else by name, else by the beginning of an id.

    For reading only: nothing is ever ended by what this finds.
    """
    return meant([entry for entry in state.entries.values() if may_be(entry, wanted)], wanted)


def may_be(entry: Entry, wanted: str) -> bool:
    """Whether a person may mean this one, as long as nobody has a better claim to it."""
    if entry.container.name == wanted:
        return True
    return len(wanted) >= SHORTEST and entry.run.id.startswith(wanted)


def meant(entries: Sequence[Entry], wanted: str) -> tuple[Entry, ...]:
    """Of these, which may be the one, those that are meant."""
    meanings: tuple[Callable[[Entry], bool], ...] = (
        lambda entry: entry.run.id == wanted,
        lambda entry: entry.container.name == wanted,
    )
    claims = (tuple(entry for entry in entries if means(entry)) for means in meanings)
    found = next(filter(None, claims), tuple(entries))
    return tuple(entry for entry in found if entry.alive) or found


def appraise(setup: Setup, state: State, entry: Entry, at: float) -> Appraisal:
    """What every rule in force makes of this container at this moment."""
    setup, entry = under_orders(setup, state, at), renewed(state, entry)
    container, sample = entry.container, fresh_sample(setup, entry, at)
    view = view_of(setup, entry, at)
    known = {each.rule.key: each for each in outlooks(setup, state, entry, at)}
    return Appraisal(
        id=container.id,
        name=container.name,
        image=container.image,
        state=container.state,
        standing=entry.standing,
        kept_by=_kept_by(entry, at) or _ordered(setup, state, entry, at),
        task=entry.task,
        mains=tuple(sorted(main.container.name for main in mains_of(state, entry))),
        sidecars=tuple(sorted(side.container.name for side in cascade(state, entry))),
        age=None if container.born is None else at - container.born,
        sample_age=None if sample is None else at - sample.at,
        rules=tuple(
            _rule(setup, state, rule, known.get(rule.key), view, entry, at) for rule in setup.rules.rules
        ),
        owner=appraise_owner(setup, state, entry, at),
        extended=_extended(entry, at),
    )


def _extended(entry: Entry, at: float) -> str:
    extended = entry.extended
    if extended is None or at >= extended.until:
        return ""
    given, left = say_duration(round(extended.seconds)), say_duration(round(extended.until - at))
    return f"rules see its age less by {given}, for another {left}: {extended.who}: {extended.why}"


def _kept_by(entry: Entry, at: float) -> str:
    if entry.standing in SPARED:
        return SPARED[entry.standing]
    if not entry.alive:
        return "this run is over"
    if entry.unsure:
        return "its present run could not be confirmed: nothing is decided until it is"
    if entry.ending and entry.vain:
        return "the engine does not get it ended: it is tried again, and counts towards no limit"
    if entry.ending:
        return "a decision about this run is being carried out"
    if at < entry.quiet_until:
        return f"the last try failed; the next is in {entry.quiet_until - at:.0f} s"
    return ""


def _ordered(setup: Setup, state: State, entry: Entry, at: float) -> str:
    orders = state.curbs.orders
    if orders is not None and orders.hold is not None and is_held(state, at):
        return f"{orders.hold.who or 'somebody'} holds the monitor, and all is only said"
    silence = silence_of((each for each in setup.silences if each.container), entry.run.id, "", at)
    if silence is None:
        return ""
    return f"{silence.who or 'somebody'} silenced it for {say_duration(round(silence.until - at))} more"


def _braked(setup: Setup, state: State, rule: Rule, entry: Entry, at: float) -> Iterator[str]:
    """What an operator, a budget or the breaker has to do with it."""
    silence = silence_of(setup.silences, entry.run.id, rule.name, at)
    if silence is not None:
        left = say_duration(round(silence.until - at))
        yield f"silenced by {silence.who or 'somebody'} for {left} more: {silence.why}"
    waiting = state.curbs.brakes.waiting.get(entry.run.id)
    if waiting is not None and waiting.rule == rule.key:
        what = _awaited(waiting.what)
        yield f"it waits for {what}, for {at - waiting.since:.0f} s by now"


def _awaited(what: str) -> str:
    if what.startswith(f"{SERVICE} "):
        return "its turn, since its service is brought back whenever it is ended (see reactor status)"
    return "the breaker, which is open" if what == OPEN else f"a token of the budget: {what}"


def _rule(
    setup: Setup, state: State, rule: Rule, outlook: Outlook | None, view: View, entry: Entry, at: float
) -> RuleAppraisal:
    if outlook is None:
        return _bare(setup, rule, NOT_SELECTED, "does not select it")
    # A label of its own may have made the rule stricter for this container.
    lacking = what_is_lacking(rule, view) if outlook.stand is Stand.UNKNOWN else ""
    sentence = sentence_of(state, outlook) + (f", as {lacking}" if lacking else "")
    rule, far = outlook.rule, _distances(outlook, view)
    return replace(
        _bare(setup, rule, outlook.stand, sentence),
        said=outlook.reason,
        remarks=(*_remarks(outlook, view), *_braked(setup, state, rule, entry, at)),
        summary=outlook.summary,
        description=outlook.description,
        distances=far,
        held=None if outlook.since is None else at - outlook.since,
        due_in=due_in(setup, state, entry, outlook, far, view, at),
        exempted_by=outlook.exempted.by if outlook.exempted is not None else "",
    )


def _distances(outlook: Outlook, view: View) -> tuple[Distance, ...]:
    when = outlook.rule.when
    if when is not None and when.total is not None:
        return (
            (distance_of(when.total, outlook.sum.amount, outlook.sum.of),) if outlook.sum is not None else ()
        )
    return distances(when.tree, view) if when is not None and when.tree is not None else ()


def _remarks(outlook: Outlook, view: View) -> Iterator[str]:
    """What a total is made of."""
    total, added = outlook.rule.when.total if outlook.rule.when is not None else None, outlook.sum
    if total is None or added is None:
        return
    mine: int | None = view.pids if total.part == "pids" else view.memory
    if mine is not None and total.is_left:
        yield f"this container's end would give back {say_amount(total, mine)}"
    elif mine is not None:
        yield f"{say_amount(total, mine)} of that is this container's"
    if added.unknown and not total.is_left:
        who = (
            "1 container, which counts" if added.unknown == 1 else f"{added.unknown} containers, which count"
        )
        yield f"nothing is known of {who} nothing"


def _bare(setup: Setup, rule: Rule, stand: str, sentence: str) -> RuleAppraisal:
    level = "" if rule.level is Level.ONLY else rule.level.value
    dry, condition = setup.runs_dry(rule), _condition(rule)
    return RuleAppraisal(rule.name, level, rule.place, stand, sentence, condition, "", rule.action, dry)


def _condition(rule: Rule) -> str:
    parts = [f"on {rule.on}" if rule.on is not None else "", rule.when.text if rule.when is not None else ""]
    text = " while ".join(part for part in parts if part)
    return f"{text} for {say_duration(rule.hold)}" if rule.hold else text
