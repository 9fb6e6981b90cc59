"""The rows of the metric table, by subject. ``reactor.observe.table`` puts them together."""
