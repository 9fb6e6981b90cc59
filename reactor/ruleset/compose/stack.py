"""The file of a stack: services in Compose syntax, tasks and the sidecars of tasks."""

from reactor.core.recipes import StackFile


def read_stack(name: str, text: str) -> StackFile:
    """The stack in a text; ``name`` is what its file is called in messages. Raises BadRules."""
    raise NotImplementedError(name, text)
