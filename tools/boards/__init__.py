"""Grafana's boards as code: small functions that make classic dashboard JSON, and the boards made by them.

``python -m tools.boards`` writes ``grafana/dashboards/*.json``, which are committed; a test makes them again
and compares. Nothing here is shipped, and nothing here knows a Grafana.
"""
