"""What becomes of the containers of a stack: planned from what is there, played through in a small world."""

from dataclasses import dataclass, field, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from reactor.core.container import Container, ContainerId, Limits, Run, State
from reactor.core.recipes import Recipe
from reactor.core.stackplans import Act, Fate, Plan, plan_down, plan_up
from reactor.core.stacks import Present, Seen, Service, Stack, circle, labels_of, ordered, recognise

LIMITS = Limits(256, 2**30, 2**30, 1.0)


def service(name: str, **more: object) -> Service:
    recipe = Recipe(f"shop-{name}", f"{name}:1", LIMITS)
    given: dict[str, object] = {"task": f"shop-{name}", **more}
    return Service(name, recipe, f"digest-of-{name}", **given)  # type: ignore[arg-type]  # as Service has them


def here(name: str, state: State = State.RUNNING, **more: object) -> Present:
    return replace(
        Present(ContainerId(name[0] * 64), f"shop-{name}", name, f"digest-of-{name}", state),
        **more,  # type: ignore[arg-type]  # as Present has them
    )


def seen(*found: Present) -> Seen:
    return Seen({each.service: each for each in found})


def said(plan: Plan) -> list[str]:
    return [f"{step.act} {step.service}" for step in plan.steps]


SHOP = Stack(
    "shop",
    (
        service("web", needs=("db", "cache"), needs_healthy=frozenset({"db"})),
        service("db"),
        service("cache"),
        service("proxy", serves="web", task="shop-web", joins="web"),
    ),
)
ALL_UP = [
    here("web"),
    here("db", health="healthy"),
    here("cache"),
    here("proxy", joins=frozenset({ContainerId("w" * 64)})),
]


def test_what_is_not_there_is_made_in_order_and_waited_for_where_it_is_needed() -> None:
    plan = plan_up(SHOP, Seen())
    assert said(plan) == [
        *("create db", "start db", "create cache", "start cache"),
        *("wait db", "create web", "start web", "create proxy", "start proxy"),
        *("wait cache", "wait web", "wait proxy"),
    ]
    assert {lot.fate for lot in plan.lots} == {Fate.CREATE}


def test_what_is_as_in_the_file_is_left_alone() -> None:
    plan = plan_up(SHOP, seen(*ALL_UP))
    assert plan.steps == ()
    assert {lot.fate for lot in plan.lots} == {Fate.KEEP}


def test_who_has_changed_is_made_anew_alone() -> None:
    plan = plan_up(SHOP, seen(ALL_UP[0], replace(ALL_UP[1], digest="other"), *ALL_UP[2:]))
    assert said(plan) == ["take db", "create db", "start db", "wait db"]


def test_who_shares_a_network_goes_with_it_and_first() -> None:
    plan = plan_up(SHOP, seen(replace(ALL_UP[0], digest="other"), *ALL_UP[1:]))
    assert said(plan)[:4] == ["take proxy", "take web", "create web", "start web"]
    assert [lot.service.name for lot in plan.lots if lot.fate is Fate.RECREATE] == ["web", "proxy"]


def test_who_hangs_in_a_network_that_is_no_more_is_made_anew() -> None:
    """It joined a container that was made anew or restarted after it."""
    gone = replace(ALL_UP[3], joins=frozenset({ContainerId("x" * 64)}))
    assert said(plan_up(SHOP, seen(*ALL_UP[:3], gone)))[0] == "take proxy"
    early, late = replace(ALL_UP[3], born=10.0), replace(ALL_UP[0], born=20.0)
    assert said(plan_up(SHOP, seen(late, *ALL_UP[1:3], early)))[0] == "take proxy"
    assert plan_up(SHOP, seen(replace(late, born=9.9), *ALL_UP[1:3], early)).steps == ()


def test_a_task_that_had_ended_is_started_and_a_sidecar_is_made_anew() -> None:
    ended = [replace(each, state=State.EXITED, exit_code=3) for each in ALL_UP]
    plan = plan_up(SHOP, seen(*ended))
    fates = {lot.service.name: lot.fate for lot in plan.lots}
    assert fates == {"db": Fate.START, "cache": Fate.START, "web": Fate.START, "proxy": Fate.RECREATE}
    assert plan.lots[0].why == "it had ended with exit code 3"
    assert said(plan)[0] == "take proxy"


def test_another_image_under_the_same_name_makes_another_container() -> None:
    found = [replace(ALL_UP[1], image_id="sha256:a"), *ALL_UP[:1], *ALL_UP[2:]]
    assert plan_up(SHOP, seen(*found), {"db:1": "sha256:a"}).steps == ()
    assert said(plan_up(SHOP, seen(*found), {"db:1": "sha256:b"}))[0] == "take db"
    assert plan_up(SHOP, seen(*found), {}).steps == (), "an image that is gone says nothing"


def test_who_is_not_healthy_yet_is_waited_for_and_not_touched() -> None:
    plan = plan_up(SHOP, seen(ALL_UP[0], replace(ALL_UP[1], health="starting"), *ALL_UP[2:]))
    assert (said(plan), plan.writes) == (["wait db"], False)


def test_orphans_go_only_when_asked() -> None:
    found = seen(*ALL_UP, here("old"))
    assert plan_up(SHOP, found).steps == ()
    assert said(plan_up(SHOP, found, remove_orphans=True)) == ["take old"]
    assert [step.service for step in plan_down(SHOP, found)] == ["proxy", "web", "cache", "db"]
    assert plan_down(SHOP, found, remove_orphans=True)[0].service == "old"


def container(name: str, labels: dict[str, str], image_labels: dict[str, str] | None = None) -> Container:
    run = Run(ContainerId(name[-1] * 64), "2026-11-22T00:00:00Z")
    return Container(run, name, "x:1", State.RUNNING, labels=labels, image_labels=image_labels)


def test_ours_are_those_with_the_name_and_with_labels_that_no_image_brought() -> None:
    ours = dict(labels_of("shop", "db", "d1"))
    names = ["shop-db", "shop-web"]

    def found(*containers: Container) -> tuple[list[str], list[str]]:
        result = recognise("shop", names, containers)
        return sorted(result.own), sorted(result.strangers)

    assert found(container("shop-db", ours, {})) == (["db"], [])
    assert found(container("shop-web", ours, {})) == ([], ["shop-web"]), "another one's labels"
    assert found(container("shop-db", {}, {})) == ([], ["shop-db"])
    assert found(container("shop-db", ours, ours)) == ([], ["shop-db"]), "the image's own labels"
    assert found(container("shop-db", ours, None)) == ([], ["shop-db"]), "nobody knows whose labels"
    assert recognise("shop", names, [container("shop-db", ours, None)]).unsure == {"shop-db"}
    assert found(container("copy-of-db", ours, {})) == ([], []), "another name: not ours, and in nobody's way"
    assert found(container("shop-old", dict(labels_of("shop", "old", "d")), {})) == (["old"], [])
    assert found(container("shop-db", {**ours, "reactor.stack": "other"}, {})) == ([], ["shop-db"])


def test_circles_are_found() -> None:
    round_ = (service("a", needs=("b",)), service("b", joins="c"), service("c", needs=("a",)), service("d"))
    assert circle(round_) == ("a", "b", "c")
    assert circle(SHOP.services) == ()
    assert len(ordered(round_)) == 4, "and nobody is lost"


# From any beginning


@dataclass
class Small:
    """A world as small as a plan needs it: what there is, and in which order it came and went."""

    there: dict[ContainerId, Present]
    number: int = 0
    log: list[str] = field(default_factory=list)

    def seen(self) -> Seen:
        return seen(*self.there.values())

    def carry(self, stack: Stack, plan: Plan, most: int = 10**6) -> None:
        """Do so many steps of a plan."""
        for step in plan.steps[:most]:
            self.log.append(f"{step.act} {step.service}")
            found = self.seen().own.get(step.service)
            match step.act:
                case Act.TAKE:
                    assert step.container is not None
                    del self.there[step.container]
                case Act.CREATE:
                    assert found is None, "the name is taken"
                    self._create(stack[step.service])
                case Act.START:
                    assert found is not None
                    assert step.container in {None, found.id}
                    self.number += 1
                    self.there[found.id] = replace(
                        found, state=State.RUNNING, health="healthy", born=float(self.number)
                    )
                case Act.WAIT:
                    assert found is not None
                    assert found.state is State.RUNNING
                    self.there[found.id] = replace(found, health="healthy")

    def _create(self, service: Service) -> None:
        self.number += 1
        joined = self.seen().own.get(service.joins)
        new = Present(
            ContainerId(f"{self.number:064x}"),
            service.recipe.name,
            service.name,
            service.digest,
            State.CREATED,
            joins=frozenset({joined.id}) if joined else frozenset(),
        )
        self.there[new.id] = new


NAMES = ("a", "b", "c", "d", "e")


@st.composite
def stacks(draw: st.DrawFn) -> Stack:
    """Services that need earlier ones, and share their networks, written in any order."""
    made: list[Service] = []
    for number, name in enumerate(NAMES):
        earlier = NAMES[:number]
        needs = tuple(each for each in earlier if draw(st.booleans()))
        joins = draw(st.sampled_from(["", *earlier]))
        healthy = frozenset(each for each in needs if draw(st.booleans()))
        serves = draw(st.sampled_from(["", *earlier]))
        made.append(service(name, needs=needs, needs_healthy=healthy, joins=joins, serves=serves))
    return Stack("shop", tuple(draw(st.permutations(made))))


@st.composite
def worlds(draw: st.DrawFn, stack: Stack) -> Small:
    """Any mix of what can be there: states, digests, networks, orphans."""
    small = Small({})
    for one in (*stack.services, service("orphan")):
        if draw(st.booleans()):
            continue
        small.number += 1
        joined = draw(st.sampled_from([*small.there, ContainerId("f" * 64)]))
        new = Present(
            ContainerId(f"{small.number:064x}"),
            one.recipe.name,
            one.name,
            draw(st.sampled_from([one.digest, "another"])),
            draw(st.sampled_from([each for each in State if each is not State.PAUSED])),
            draw(st.sampled_from(["", "starting", "healthy"])),
            joins=frozenset({joined}),
            born=draw(st.sampled_from([None, float(small.number)])),
        )
        if new.state is State.RESTARTING:
            new = replace(new, state=State.RUNNING)
        small.there[new.id] = new
    return small


@settings(deadline=None)
@given(st.data())
def test_from_any_beginning_it_comes_up_in_order_and_the_second_time_nothing_happens(
    data: st.DataObject,
) -> None:
    """Also when the first ones were killed in the middle."""
    stack = data.draw(stacks())
    small = data.draw(worlds(stack))
    orphans = [each.id for each in small.there.values() if each.service == "orphan"]
    for _ in range(data.draw(st.integers(0, 2))):
        plan = plan_up(stack, small.seen())
        small.carry(stack, plan, data.draw(st.integers(0, len(plan.steps))))
    small.log.clear()
    small.carry(stack, plan_up(stack, small.seen()))
    after = plan_up(stack, small.seen())
    assert after.steps == (), small.log
    assert {lot.fate for lot in after.lots} == {Fate.KEEP}
    assert set(orphans) <= small.there.keys(), "nobody asked for them to go"
    for one in stack.services:
        for other in one.before:
            began, needed = f"{Act.START} {one.name}", f"{Act.START} {other}"
            if began in small.log and needed in small.log:
                assert small.log.index(needed) < small.log.index(began)
            if other in one.needs_healthy and began in small.log and f"{Act.WAIT} {other}" in small.log:
                assert small.log.index(f"{Act.WAIT} {other}") < small.log.index(began)


@settings(deadline=None)
@given(st.data())
def test_down_takes_all_of_it_and_nothing_else(data: st.DataObject) -> None:
    stack = data.draw(stacks())
    small = data.draw(worlds(stack))
    mine = {each.id for each in small.there.values() if each.service != "orphan"}
    steps = plan_down(stack, small.seen())
    assert {step.container for step in steps} == mine
    names = [step.service for step in steps]
    for one in stack.services:
        for other in one.before:
            if one.name in names and other in names:
                assert names.index(one.name) < names.index(other)
