"""The journal: what was intended, what came of it, which runs there were and how they ended.

What belongs here is writing to and reading from one SQLite file, and nothing about engines,
rules or what a record means. The file is written by one thread over one connection; whoever
has something to write puts it into a bounded backlog and goes on. A disk that is slow, full
or broken never stops the monitor: it is shouted about, counted and tried again.
"""
