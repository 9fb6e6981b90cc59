"""What is known of each rule, and of all of them together.

A rule may have two levels with one name: what is about a level says which.
"""

from reactor.observe.names import Kind
from reactor.observe.rows.row import Row

_C, _U, _G = Kind.COUNTER, Kind.UPDOWN, Kind.GAUGE
_RULE = ("rule", "level")

RULES = (
    Row("reactor.rules.loaded", "{rule}", _U, "reactor_rules_loaded", "Rules in force."),
    Row(
        "reactor.rules.reload.successful", "", _G, "reactor_rules_reload_successful",
        "1 if the last reload of the rules succeeded, or there was none; 0 while older ones are in force.",
    ),
    Row(
        "reactor.rules.reloads", "{reload}", _C, "reactor_rules_reloads_total",
        "Times the rules were read again while running, by result.", ("result",),
    ),
    Row(
        "reactor.rules.last_reload.success.timestamp", "s", _G,
        "reactor_rules_last_reload_success_timestamp_seconds",
        "When the rules that are in force were read.",
    ),
    Row(
        "reactor.rule.info", "", _G, "reactor_rule_info",
        "Always 1, for each level of each rule: what it does, how bad it is, and whose it is.",
        ("rule", "level", "action", "severity", "team"),
    ),
    Row(
        "reactor.rule.state", "", _G, "reactor_rule_state",
        "1 for the state of a rule, 0 for the others: enabled, dry-run, held (by the gate or by its "
        "limit), silenced, unknown (it can be judged for nobody), disabled (out of force by a defect).",
        ("rule", "level", "state"),
    ),
    Row(
        "reactor.rule.selected", "{run}", _U, "reactor_rule_selected",
        "Living runs that a rule is for.",
        _RULE,
    ),
    Row(
        "reactor.rule.matching", "{run}", _U, "reactor_rule_matching",
        "Living runs for which a rule's condition holds at present, whether or not its 'for' is over.",
        _RULE,
    ),
    Row(
        "reactor.rule.threshold", "", _G, "reactor_rule_threshold",
        "What a rule compares a field with: bytes, seconds, cores or a count, or a ratio of the "
        "container's own limit; of several for one field the one that comes first.",
        ("rule", "level", "field", "sign", "unit"),
    ),
    Row(
        "reactor.rule.threshold.ratio", "", _G, "reactor_rule_threshold_ratio",
        "How near the nearest run is to a rule: 1 is at the threshold. Absent where no run can be judged, "
        "or the rule has no threshold.",
        _RULE,
    ),
    Row(
        "reactor.rule.evaluation", "s", _G, "reactor_rule_evaluation_seconds",
        "CPU time that it took to judge a rule for one run, the last time that these numbers were taken.",
        _RULE,
    ),
    Row(
        "reactor.rule.matches", "{match}", _C, "reactor_rule_matches_total",
        "Times that a rule began to match a run, whether or not it came to a decision.", ("rule",),
    ),
    Row(
        "reactor.rule.unknown", "{run}", _U, "reactor_rule_unknown",
        "Runs for which a rule cannot be judged at present, for want of data or of a limit.", ("rule",),
    ),
    Row(
        "reactor.rule.holds", "{hold}", _C, "reactor_rule_holds_total",
        "Times that a rule began to hold back, since more runs matched it at once than its limit.", ("rule",),
    ),
    Row(
        "reactor.rule.defects", "{defect}", _C, "reactor_rule_defects_total",
        "Times that a rule failed by a defect and was put out of force for a container.", ("rule",),
    ),
)  # fmt: skip
