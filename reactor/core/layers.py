"""Of whose writable layer a rule wants to know, and for how long a measure of it is evidence.

Measuring is a walk over every file of the layer, which the engine does: so it is asked for seldom,
and for nobody about whom no rule asks. Who does the asking is in the ``engine`` room.
"""

from reactor.core.container import Run
from reactor.core.facts import LayerSized
from reactor.core.state import Entry, Setup, State
from reactor.core.swift import changed

READ = "layer_writes"
"""The field of a view that is told by a measure of the layer."""
PERIODS = 2.5
"""How many periods a measure is evidence for: one that fails, or waits for others, leaves no gap."""


def wanted_layers(setup: Setup, state: State) -> frozenset[Run]:
    """The living runs about which a rule asks for the size of their layer.

    This is asked whenever anybody comes or goes: the rules of each are looked through only if need be.
    """
    asking = [rule for rule in setup.rules.rules if rule.when is not None and READ in rule.when.reads]
    if not asking:
        return frozenset()
    governed = (entry for entry in state.living() if entry.governed)
    if any(not rule.select for rule in asking):
        return frozenset(entry.run for entry in governed)
    keys = frozenset(rule.key for rule in asking)
    return frozenset(entry.run for entry in governed if any(rule.key in keys for rule in entry.rules))


def take_layer(entry: Entry, measured: LayerSized) -> Entry:
    """The entry with this measure as its last one; one that comes late, or makes no sense, says nothing."""
    if measured.bytes < 0 or (entry.layer is not None and measured.at < entry.layer.at):
        return entry
    return changed(entry, layer=measured)


def layer_writes(setup: Setup, entry: Entry, at: float) -> int | None:
    """The bytes in the layer, if the last measure is still evidence; the layer outlives the run."""
    measured = entry.layer
    if measured is None or at - measured.at > PERIODS * setup.layer_every:
        return None
    return measured.bytes
