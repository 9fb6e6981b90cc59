"""Unit tests for rules: containers and facts over virtual time in, decisions at exact times out.

What belongs here is the format of ``*.test.yaml``, the play that takes a test through the core,
and the comparison of what came with what was expected. No engine, no clock and no waiting: the
core is a pure function, and this room only asks it. Which files a command line names, and what
is printed where, is the business of ``app``.
"""

from reactor.ruletest.config import ConfigKind, Terms
from reactor.ruletest.document import document
from reactor.ruletest.running import Report, run_tests
from reactor.ruletest.telling import failure, headline

__all__ = ["ConfigKind", "Report", "Terms", "document", "failure", "headline", "run_tests"]
