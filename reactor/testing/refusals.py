"""How the embedded engine says no: a status and a sentence, as a real one does.

Only the error and the sentences that more than one room needs belong here.
"""


class Refused(Exception):
    """The engine does not do it; ``status`` is the HTTP status that goes with the sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def no_such_container(reference: str) -> Refused:
    """Nothing answers to this id, name or prefix."""
    return Refused(404, f"No such container: {reference}")


def no_such_image(reference: str) -> Refused:
    """No image has this id or tag."""
    tagged = reference if ":" in reference else f"{reference}:latest"
    return Refused(404, f"No such image: {tagged}")


def not_running(box: str) -> Refused:
    """The action needs a running container."""
    return Refused(409, f"Container {box} is not running")
