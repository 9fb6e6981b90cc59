"""What flags, environment and configuration file ask for together: the settings, and which engine is meant.

Every mistake in them that a user can mend becomes a Complaint here. What is done with them is the business of
the command that was called.
"""

import argparse
import logging
import os
from collections.abc import Mapping
from dataclasses import replace

from reactor.app.calling import missing_means
from reactor.app.complaint import Complaint
from reactor.app.configuration import settings_of
from reactor.app.identity import find_own_container
from reactor.app.levels.given import Level
from reactor.app.levels.merging import Merged, merged
from reactor.app.settings import Settings
from reactor.core.rules import RuleSet
from reactor.engine.endpoint import Endpoint, resolve
from reactor.engine.errors import BadEndpoint
from reactor.web.listen import DEFAULT

log = logging.getLogger("reactor.app")


def read_settings(options: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> Settings:
    """The configuration file with environment and flags over it, and with ourselves protected."""
    return effective(merged(options, environ))


def effective(merged: Merged) -> Settings:
    """What is in force when the levels are merged so."""
    settings = settings_of(merged.written)
    own = find_own_container()
    policy = settings.policy if own is None else replace(settings.policy, own=own)
    record = merged.written.record
    named = merged.origin(("record", "folder")).level in {Level.FLAG, Level.ENVIRONMENT}
    return replace(
        settings,
        policy=policy,
        listen=settings.listen or DEFAULT,
        record_named=record.folder if record is not None and named else "",
    )


def check_means(rules: RuleSet, settings: Settings) -> None:
    """Whether the configuration has all that the rules call."""
    missing = tuple(missing_means(rules, settings.means))
    if missing:
        raise Complaint(*map(str, missing))


REMEDY = "Name one with --docker-host or DOCKER_HOST; or see how it works, without any: reactor demo"


def find_endpoint(
    options: argparse.Namespace,
    environ: Mapping[str, str],
    *,
    flag: str = "--docker-host",
    remedy: str = REMEDY,
) -> Endpoint:
    """The engine that is meant, for a command for one. ``flag`` is where the host was named, if it was.

    Where the configuration has several, one of them has to be named: none is taken by chance.
    """
    endpoint = _engine_meant(options, environ, flag)
    if not endpoint.named and hasattr(options, "config"):
        _none_by_chance(merged(options, environ), flag)
    for warning in endpoint.warnings:
        log.warning(warning)
    if endpoint.named or endpoint.exists:
        return endpoint
    raise Complaint(f"reactor: no engine is named, and there is none at {endpoint.host}", remedy)


def _engine_meant(options: argparse.Namespace, environ: Mapping[str, str], flag: str) -> Endpoint:
    try:
        return resolve(
            options.docker_host, environ, options.context, tls_insecure=options.tls_insecure, flag=flag
        )
    except BadEndpoint as bad:
        raise Complaint(f"reactor: {bad}") from None


def _none_by_chance(found: Merged, flag: str) -> None:
    engines = found.written.engines
    if engines:
        names = ", ".join(each.name for each in engines)
        raise Complaint(
            f"reactor: this is for one engine, and 'engines' of the configuration has {names}",
            f"Say which one is meant: {flag} {engines[0].host}",
        )


def leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The errors themselves."""
    found: list[BaseException] = []
    for error in group.exceptions:
        found += leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
