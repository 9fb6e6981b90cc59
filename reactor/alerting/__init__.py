"""Alerts out of rule files: the numbers that a rule compares with, as Prometheus rules over our metrics.

What belongs here is everything between a compiled rule and the text of an alert: which metric shows a field,
how a condition reads in PromQL, which levels are told, and what cannot be told at all. Alerts that have no
threshold in a rule file are no business of ours; they are written by hand in ``grafana/alerts``.
"""

from reactor.alerting.alerts import Alert, LeftOut, Settings, alerts_of
from reactor.alerting.writing import rule_file

__all__ = ["Alert", "LeftOut", "Settings", "alerts_of", "rule_file"]
