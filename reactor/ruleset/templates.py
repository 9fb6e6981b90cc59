"""References in texts for people: ``{pids} processes of {name}``.

Which references there may be is checked here, when rules are loaded; what is put in their place is
said in the core, in ``rendering``.
"""

from reactor.core.language.fields import FIELDS
from reactor.core.language.problems import Problem, did_you_mean
from reactor.core.language.rendering import PART
from reactor.core.language.tree import Kind, Place


def problem_in(text: str) -> Problem | None:
    """The first thing that is wrong with a text's references, or None."""
    for found in PART.finditer(text):
        if found["lone"]:
            brace = found["lone"]
            message = f"a field is written {{pids}}; for a brace itself write {brace}{brace}"
            return Problem(Place(found.start()), message)
        if found["field"] is not None and (message := _wrong(found["field"].strip())):
            return Problem(Place(found.start() + 1), message)
    return None


def _wrong(field: str) -> str:
    known = [key for key, row in FIELDS.items() if row.kind is not Kind.LABELS]
    if field in known:
        return ""
    if not field:
        return "the name of a field is missing between { and }, as in {pids}"
    if field.partition("[")[0] == "labels" or field.startswith("labels."):
        return "labels have no place in a text: they are a stranger's words"
    return f"there is no field '{field}': {did_you_mean(field, known)}"
