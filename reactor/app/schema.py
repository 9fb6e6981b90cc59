"""``reactor schema``: the JSON Schema of a rule file on stdout, for editors.

The schema itself is made in ``ruleset``; only the printing is here.
"""

import argparse
import json

from reactor.app.complaint import OK
from reactor.ruleset.schema import json_schema


def schema(_: argparse.Namespace) -> int:
    """Carry out ``reactor schema``."""
    print(json.dumps(json_schema(), indent=2))
    return OK
