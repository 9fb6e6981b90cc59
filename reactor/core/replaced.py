"""Runs that are over and in whose place others run already: what is said of their end.

There is nothing left that could be done about them, so no more comes of it than words.
"""

from dataclasses import replace

from reactor.core.decisions import Decision
from reactor.core.defects import put_out_of_force
from reactor.core.draft import Draft
from reactor.core.state import Setup
from reactor.core.verdicts import judge


def judge_replaced(setup: Setup, draft: Draft, at: float) -> list[Decision]:
    """Judge those whose place was taken in this step; what cools down does so for the runs that follow."""
    decisions: list[Decision] = []
    for entry in draft.replaced:
        judged = judge(setup, draft.state, entry, at, gone=True)
        decisions += judged.decisions
        draft.notes += judged.notes
        now = draft.entry(entry.run.id)
        if now is not None and judged.entry.earlier.cooling != entry.earlier.cooling:
            earlier = replace(now.earlier, cooling=judged.entry.earlier.cooling)
            now = draft.changed[entry.run.id] = replace(now, earlier=earlier)
        if now is not None:
            put_out_of_force(draft, now, judged.broken, at)
    draft.replaced.clear()
    return decisions
