"""The files for Prometheus and Grafana: checked by the real programs, and against code and docs."""
