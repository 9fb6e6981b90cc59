"""A template becomes a recipe: what fills it can be any text, and is never more than a value."""

import re
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.core.container import Limits
from reactor.core.protection import LabelNames
from reactor.core.recipe_digest import digest
from reactor.core.recipes import (
    DIGEST_LABEL,
    TEMPLATE_LABEL,
    Bind,
    Folder,
    Port,
    Probe,
    Recipe,
    Template,
    made_name,
    plain_name,
)
from reactor.core.templating import CannotRender, Filling, folders_for, references, render

LIMITS = Limits(256, 1 << 30, 1 << 30, 2.0)
FILLING = Filling("build/17", "ann", "/data/tasks/b-17", "/data/shared", main_id="c" * 64)
PLAIN = re.compile(r"[a-zA-Z0-9_-][a-zA-Z0-9_.-]*-[0-9a-f]{16}")
EVERYWHERE = Template(
    "pg",
    Recipe(
        "",
        "pg:1",
        LIMITS,
        command=("run", "--for=${REACTOR_TASK}", "$${REACTOR_TASK}"),
        entrypoint=("sh", "-c", "exec ${REACTOR_OWNER}"),
        environment={"TASK": "<${REACTOR_TASK}>", "OWNER": "${REACTOR_OWNER}", "AT": "${REACTOR_DATA}"},
        labels={"team": "${REACTOR_OWNER}"},
        binds=(Bind("${REACTOR_DATA}/pg", "/a"), Bind("${REACTOR_SHARED}/${REACTOR_OWNER}/x", "/b")),
        probe=Probe(("CMD-SHELL", "test -e /run/${REACTOR_TASK}")),
        working_dir="/jobs/${REACTOR_TASK}",
    ),
    folders=(Folder("pg"), Folder("${REACTOR_OWNER}/x", shared=True)),
)


def test_all_places() -> None:
    """As it is in values, and plain everywhere else."""
    task, owner = plain_name("build/17"), plain_name("ann")
    recipe = render(EVERYWHERE, FILLING)
    assert recipe.command == ("run", f"--for={task}", "${REACTOR_TASK}")
    assert recipe.entrypoint == ("sh", "-c", f"exec {owner}")
    assert recipe.environment == {"TASK": "<build/17>", "OWNER": "ann", "AT": "/data/tasks/b-17"}
    assert [each.source for each in recipe.binds] == ["/data/tasks/b-17/pg", f"/data/shared/{owner}/x"]
    assert recipe.probe == Probe(("CMD-SHELL", f"test -e /run/{task}"))
    assert recipe.working_dir == f"/jobs/{task}"
    assert recipe.name == made_name("build/17", "pg")
    assert [folder.path for folder in folders_for(EVERYWHERE, FILLING)] == ["pg", f"{owner}/x"]


def test_labels() -> None:
    """It says whose sidecar it is, by the label that is read here, and what it was made from."""
    recipe = render(EVERYWHERE, replace(FILLING, names=LabelNames(sidecar_of="ci.beside"), labels={"s": "t"}))
    assert recipe.labels == {
        "team": "ann",
        "s": "t",
        "ci.beside": "build/17",
        TEMPLATE_LABEL: "pg",
        DIGEST_LABEL: digest(recipe),
    }


def test_a_task_itself() -> None:
    """A stack's task names itself as one, under the name that it is given."""
    recipe = render(EVERYWHERE, replace(FILLING, sidecar=False, name="shop-web"))
    assert (recipe.labels["reactor.task"], "reactor.sidecar-of" in recipe.labels) == ("build/17", False)
    assert recipe.name == "shop-web"


@pytest.mark.parametrize(
    ("mode", "network"),
    [("", ""), ("none", "none"), ("main", "container:" + "c" * 64), ("service:db", "container:" + "d" * 64)],
)
def test_networks(mode: str, network: str) -> None:
    template = Template("a", Recipe("", "a", LIMITS, network_mode=mode))
    assert render(template, replace(FILLING, ids={"db": "d" * 64})).network_mode == network


@pytest.mark.parametrize(
    ("changes", "filling", "why", "said"),
    [
        (
            {"network_mode": "main"},
            {"main_id": ""},
            "network",
            "the template 'a' joins the network of the task's main container, which is not there",
        ),
        (
            {"network_mode": "service:db"},
            {},
            "network",
            "the template 'a' joins the network of 'db', which is not there",
        ),
        (
            {"labels": {"ci.task": "x"}},
            {"names": LabelNames(task="ci.task")},
            "label",
            "the template 'a' has the label 'ci.task', which is read here: leave it out",
        ),
        (
            {"binds": (Bind("${REACTOR_DATA}/x", "/x"),)},
            {"data": ""},
            "variable",
            (
                "the template 'a' cannot be filled in: it uses ${REACTOR_DATA}, and no such folder is"
                " configured: set the root of 'data'"
            ),
        ),
        (
            {"binds": (Bind("${REACTOR_SHARED}/${REACTOR_OWNER}", "/x"),)},
            {"owner": ""},
            "variable",
            (
                "the template 'a' cannot be filled in: it uses ${REACTOR_OWNER} in a path or a command, and"
                " this task has none"
            ),
        ),
        (
            {"environment": {"A": "${REACTOR_TASK}"}},
            {"task": "a\0b"},
            "variable",
            (
                "the template 'a' cannot be filled in: ${REACTOR_TASK} of this task is no text that fits"
                " into a value"
            ),
        ),
        (
            {"environment": {"A": "${REACTOR_TASK}"}},
            {"task": "a" * 5000},
            "variable",
            (
                "the template 'a' cannot be filled in: ${REACTOR_TASK} of this task is no text that fits"
                " into a value"
            ),
        ),
        (
            {"binds": (Bind("x/../y", "/x"),)},
            {},
            "variable",
            "the template 'a' binds x/../y, which is no absolute path without '..'",
        ),
    ],
)
def test_what_cannot_be(changes: dict[str, Any], filling: dict[str, Any], why: str, said: str) -> None:
    template = Template("a", replace(Recipe("", "a", LIMITS), **changes))
    with pytest.raises(CannotRender) as refused:
        render(template, replace(FILLING, **filling))
    assert (refused.value.why, str(refused.value)) == (why, said)


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_stranger(task: str, owner: str) -> None:
    """No text of a stranger adds a word, an option or a mount, or leads out of its folder."""
    filling = replace(FILLING, task=task, owner=owner)
    if not owner or not task or "\0" in task + owner or not _encodes(task + owner):
        with pytest.raises(CannotRender):
            render(EVERYWHERE, filling)
        return
    recipe = render(EVERYWHERE, filling)
    words = [*(recipe.command or ())[1:2], recipe.working_dir, *(recipe.entrypoint or ())[2:]]
    assert [PLAIN.fullmatch(re.split("[=/ ]", word)[-1]) is not None for word in words] == [True] * 3
    assert len(recipe.command or ()) == 3
    assert len(recipe.entrypoint or ()) == 3
    assert recipe.binds[0] == Bind("/data/tasks/b-17/pg", "/a")
    shared, name, last = recipe.binds[1].source.rsplit("/", 2)
    assert (shared, last, PLAIN.fullmatch(name) is not None) == ("/data/shared", "x", True)
    assert recipe.environment == {"TASK": f"<{task}>", "OWNER": owner, "AT": "/data/tasks/b-17"}
    assert recipe.labels.keys() == {"team", "reactor.sidecar-of", TEMPLATE_LABEL, DIGEST_LABEL}


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


OTHERS: dict[str, Any] = {
    "name": "n",
    "image": "pg:2",
    "limits": Limits(255, 1 << 30, 1 << 30, 2.0),
    "command": ("other",),
    "entrypoint": (),
    "environment": {"A": "b"},
    "labels": {"team": "bob"},
    "binds": (Bind("/data/x", "/a", read_only=True),),
    "ports": (Port(80),),
    "probe": Probe(("CMD", "x"), interval=2.0),
    "user": "1",
    "working_dir": "/",
    "network_mode": "none",
    "init": False,
    "stop_grace": 5.0,
    "restart": "always",
    "read_only": True,
}


@pytest.mark.parametrize("field", [each.name for each in fields(Recipe)])
def test_every_difference_counts(field: str) -> None:
    """Whatever makes another container makes another digest."""
    recipe = render(EVERYWHERE, FILLING)
    assert digest(replace(recipe, **{field: OTHERS[field]})) != digest(recipe)


def test_what_does_not_count() -> None:
    """The order of names, its own label, and what later versions may add to a recipe as the usual."""
    recipe = Recipe("a", "i", LIMITS, environment={"A": "b", "C": "d"}, labels={"x": "y"})
    same = replace(
        recipe, environment={"C": "d", "A": "b"}, labels={"x": "y", DIGEST_LABEL: "0"}, ports=(), init=True
    )
    assert digest(recipe) == digest(same) == "2c52f8cc4341d3ef"


@given(st.permutations(["A", "B", "C", "D"]))
def test_digest_knows_no_order(names: list[str]) -> None:
    made = replace(EVERYWHERE, recipe=replace(EVERYWHERE.recipe, environment=dict.fromkeys(names, "x")))
    alike = replace(EVERYWHERE, recipe=replace(EVERYWHERE.recipe, environment=dict.fromkeys("ABCD", "x")))
    assert digest(render(made, FILLING)) == digest(render(alike, FILLING))


def test_references() -> None:
    assert references("a ${REACTOR_TASK} $$ ${REACTOR_DATA}/x") == ("REACTOR_TASK", "REACTOR_DATA")
