"""Since when a rule's condition has held: how ``for`` and ``keep_for`` count.

Only the counting is here. What is not known is neither a break nor a proof that it lasts.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Holding:
    """Since when a rule's condition has held, and up to when there is evidence of that.

    ``last`` is the moment of what was last read, not of the judgement: a reading is looked at again and
    again until it is stale. ``broken`` is when a break began that is too short so far for ``for`` to begin
    anew after it.
    """

    since: float
    last: float
    broken: float | None = None


def held(
    before: Holding | None, at: float, *, verdict: bool | None, proof: float, keep: float, patience: float
) -> Holding | None:
    """What is remembered after this verdict.

    ``proof`` is the moment up to which the evidence for it reaches, ``patience`` for how long nothing
    need be known.
    """
    if verdict is None:
        return before
    if verdict:
        if before is None or not _lasts(before, at, proof, keep, patience):
            return Holding(at, proof)
        return Holding(before.since, max(before.last, proof))
    if before is None or not keep:
        return None
    broken = before.broken if before.broken is not None else at
    # Evidence that it is broken is evidence, too: nothing is lost sight of meanwhile.
    return Holding(before.since, max(before.last, proof), broken) if at - broken < keep else None


def _lasts(before: Holding, at: float, proof: float, keep: float, patience: float) -> bool:
    # Evidence that was interrupted for longer than a sample keeps is no evidence of lasting.
    if proof - before.last > patience:
        return False
    return before.broken is None or at - before.broken < keep
