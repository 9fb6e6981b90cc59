"""The file of a stack: what it holds, in which order, and every mistake with its place."""

import pytest

from reactor.core.recipes import StackFile
from reactor.ruleset import BadRules, read_stack

STACK = """\
version: "3.9"
name: shop
x-common: {a: b}
services:
  web:
    image: web:1
    depends_on: {db: {condition: service_healthy}}
    restart: on-failure:3
  proxy:
    image: proxy:1
    network_mode: main
    x-reactor: {sidecar_of: web}
  db:
    image: db:1
    x-reactor: {sidecar_of: web}
  worker: {image: worker:1, restart: unless-stopped, network_mode: 'service:db'}
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(BadRules) as bad:
        read_stack("s.yaml", text)
    return [str(error) for error in bad.value.errors]


def test_stack() -> None:
    """Services come after what they need, also where that is only the network of their task."""
    stack = read_stack("s.yaml", STACK)
    assert [each.name for each in stack.services] == ["db", "worker", "web", "proxy"]
    assert [each.needs for each in stack.services] == [(), ("db",), ("db",), ("web",)]
    assert stack.name == "shop"
    assert stack.tasks == {"web", "worker"}
    assert stack.sidecar_of == {"proxy": "web", "db": "web"}
    assert [each.recipe.restart for each in stack.services] == ["no", "unless-stopped", "on-failure:3", "no"]
    assert stack.remarks == ("s.yaml:1:1: 'version' means nothing any more, and is passed over",)


def test_nameless() -> None:
    """Without a name, and without remarks."""
    stack = read_stack("s.yaml", "services: {My_App.1: {image: a}}")
    assert stack == StackFile("", stack.services, frozenset({"My_App.1"}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "s.yaml: this file is empty: write 'services:' with services below it"),
        ("a: [", "s.yaml:1:5: the file ends before a bracket is closed"),
        ("- a", "s.yaml:1:1: the file of a stack is a map with the keys name, version, services"),
        ("name: x", "s.yaml:1:1: the file of a stack needs the key 'services'"),
        ("services: {}", "s.yaml:1:11: 'services' is empty: write an entry, or leave the key out"),
        (
            "services: [a]",
            "s.yaml:1:11: 'services' is a map: the name of a service, and below it what it is",
        ),
        (
            "name: Shop\nservices: {a: {image: a}}",
            "s.yaml:1:7: the name of a stack is made of a-z, 0-9, _ and -, and begins with a letter or digit",
        ),
        (
            "services: {a: {image: a}}\nvolumes: {a: }",
            (
                "s.yaml:2:1: Compose has the key 'volumes', and the file of a stack here has not: data lies"
                " in folders: bind ${REACTOR_DATA}/NAME or ${REACTOR_SHARED}/NAME, and leave it out"
            ),
        ),
        (
            "services: {a: {image: a}}\nsecrets: {a: }",
            (
                "s.yaml:2:1: Compose has the key 'secrets', and the file of a stack here has not: put it"
                " into the image, or bind a folder below ${REACTOR_SHARED}"
            ),
        ),
        (
            "services: {a: {image: a}}\ntemplates: {b: {image: b}}",
            (
                "s.yaml:2:1: unknown key 'templates' in the file of a stack, and Compose has none, either:"
                " known are name, services, version"
            ),
        ),
        (
            "services: {a: {image: a, network_mode: main}}",
            (
                "s.yaml:1:40: 'main' is the network of the task that a sidecar stands beside: write"
                " 'sidecar_of' in x-reactor, or service:NAME"
            ),
        ),
        (
            "services: {a: {image: a, x-reactor: {sidecar_of: b}}}",
            "s.yaml:1:50: there is no service 'b' here: the only one is 'a'",
        ),
        (
            "services: {a: {image: a, x-reactor: {sidecar_of: a}}}",
            "s.yaml:1:50: a service cannot stand beside itself",
        ),
        (
            (
                "services:\n  a: {image: a}\n  b: {image: a, x-reactor: {sidecar_of: a}}\n"
                "  c: {image: c, x-reactor: {sidecar_of: b}}"
            ),
            "s.yaml:4:41: 'b' is a sidecar itself: write 'a'",
        ),
        (
            "services:\n  a: {image: a}\n  b: {image: a, restart: always, x-reactor: {sidecar_of: a}}",
            "s.yaml:3:26: a sidecar goes with its task: leave 'restart' out",
        ),
        (
            (
                "services:\n  a: {image: a, depends_on: [b]}\n"
                "  b: {image: a, network_mode: main, x-reactor: {sidecar_of: a}}"
            ),
            (
                "s.yaml:2:3: these wait for each other, and none can begin"
                " ('main' waits for the task): a → b → a"
            ),
        ),
        (
            "services:\n  a: {image: a, depends_on: [b]}\n  b: {image: a, depends_on: [a]}",
            "s.yaml:2:3: these wait for each other, and none can begin: a → b → a",
        ),
        (
            "services:\n  a: {image: a, labels: {A: '${B:-c}'}}",
            (
                "s.yaml:2:29: there is no variable 'B', and the environment is not asked: known are"
                " REACTOR_DATA, REACTOR_OWNER, REACTOR_SHARED, REACTOR_TASK"
            ),
        ),
        (
            (
                "services:\n  a: {image: a, volumes: ['${REACTOR_DATA}/d:/d', '${REACTOR_SHARED}/s/t:/s']}\n"
                "  b: {image: a, volumes: ['${REACTOR_DATA}/d/e:/d']}\n"
                "  c: {image: a, volumes: ['${REACTOR_DATA}/d/f:/d'], x-reactor: {sidecar_of: a}}"
            ),
            (
                "s.yaml:2:27: it could put a link in the place of ${REACTOR_DATA}/d/f, which 'c' binds,"
                " at s.yaml:4: bind this one with :ro, or two folders beside each other"
            ),
        ),
    ],
)
def test_mistakes(text: str, said: str) -> None:
    assert mistakes(text) == [said]


def test_all_at_once() -> None:
    """Mistakes do not hide each other."""
    text = STACK.replace("db:1", "[]").replace("[db]", "[dbb]").replace("sidecar_of: web", "sidecar_of: wib")
    assert [line.split(":")[1] for line in mistakes(text + "networks: {}\n")] == ["12", "14", "15", "17"]
