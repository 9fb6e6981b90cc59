"""Variables that look like ours and are none: most likely a slip, and what was meant is not in force."""

import logging
from collections.abc import Iterator, Mapping

from reactor.app.finding import ENVIRONMENT as CONTROL
from reactor.app.levels.leaves import leaves
from reactor.app.levels.outside import OUTSIDE
from reactor.app.reaching import CA, CERT, KEY, PASSWORD, PASSWORD_FILE, USER
from reactor.core.language.problems import nearest

PREFIX = "REACTOR_"
_FOR_TESTS = "REACTOR_TEST_"
"""The project's own tests begin so; what they start has them, too."""
_OF_COMMANDS = (CONTROL, USER, PASSWORD, PASSWORD_FILE, CA, CERT, KEY)
"""What the commands take that speak to a monitor."""

log = logging.getLogger("reactor.app")


def known() -> frozenset[str]:
    """All variables that mean something."""
    settings = {each.variable for each in leaves() if each.variable}
    return frozenset({*settings, *(each.variable for each in OUTSIDE), *_OF_COMMANDS})


def unknown(environ: Mapping[str, str]) -> Iterator[str]:
    """A sentence about each that means nothing. Its value is not shown: it may be a secret."""
    names = known()
    for name in sorted(environ):
        if name.startswith(PREFIX) and not name.startswith(_FOR_TESTS) and name not in names:
            near = nearest(name, names)
            hint = f"did you mean {near}?" if near else "'reactor config' shows all settings"
            yield f"the variable {name} means nothing here: {hint}"


def warn_of_unknown(environ: Mapping[str, str]) -> None:
    """Say so in the log."""
    for sentence in unknown(environ):
        log.warning(sentence)
