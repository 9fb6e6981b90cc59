"""What the monitor says in its log: one line for each thing that an operator may ask about.

The core's notes, decisions and outcomes come in as records and go out as lines; nothing is
decided or counted here. Engine text goes into fields, where the log room escapes it.
"""

from reactor.app.telling.naming import ROOM_FOR_RULES, some
from reactor.app.telling.teller import Teller

__all__ = ["ROOM_FOR_RULES", "Teller", "some"]
