"""What flags, environment and configuration file ask for together: the settings, and which engine is meant.

Every mistake in them that a user can mend becomes a Complaint here. What is done with them is the business of
the command that was called.
"""

import argparse
import logging
from collections.abc import Mapping
from dataclasses import replace

from reactor.app.calling import missing_means
from reactor.app.canarytext import canary_over
from reactor.app.complaint import Complaint
from reactor.app.configuration import BadConfiguration, read_configuration
from reactor.app.front import web_over
from reactor.app.identity import find_own_container
from reactor.app.settings import Profile, Settings
from reactor.core.rules import RuleSet
from reactor.engine.endpoint import Endpoint, resolve
from reactor.engine.errors import BadEndpoint
from reactor.observe.labels import BadLabels, label_keys
from reactor.web.listen import DEFAULT

log = logging.getLogger("reactor.app")


def read_settings(options: argparse.Namespace) -> Settings:
    """The configuration file with the flags over it, and with ourselves protected."""
    try:
        settings = read_configuration(options.config)
    except BadConfiguration as bad:
        raise Complaint(*map(str, bad.errors)) from None
    own = find_own_container()
    policy = settings.policy
    if own is not None:
        policy = replace(policy, own=own)
    return replace(
        settings,
        policy=policy,
        profile=Profile(getattr(options, "profile", None) or settings.profile),
        dry_run=settings.dry_run or getattr(options, "dry_run", False),
        listen=getattr(options, "listen", None) or settings.listen or DEFAULT,
        journal=getattr(options, "journal", None) or settings.journal,
        control=str(getattr(options, "control", None) or settings.control),
        web=web_over(settings.web, options),
        canary=canary_over(settings.canary, options),
        metric_labels=_metric_labels(options) or settings.metric_labels,
    )


def _metric_labels(options: argparse.Namespace) -> tuple[str, ...]:
    given = getattr(options, "metrics_labels", None)
    try:
        return label_keys(given.split(",")) if given else ()
    except BadLabels as bad:
        raise Complaint(f"reactor: --metrics-labels: {bad}") from None


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
) -> Endpoint | None:
    """The engine that is meant; None for the demo. ``flag`` is where the host was named, if it was."""
    try:
        endpoint = resolve(
            options.docker_host, environ, options.context, tls_insecure=options.tls_insecure, flag=flag
        )
    except BadEndpoint as bad:
        raise Complaint(f"reactor: {bad}") from None
    for warning in endpoint.warnings:
        log.warning(warning)
    if endpoint.named or endpoint.exists:
        return endpoint
    if getattr(options, "or_demo", False):
        return None
    raise Complaint(f"reactor: no engine is named, and there is none at {endpoint.host}", remedy)


def leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """The errors themselves."""
    found: list[BaseException] = []
    for error in group.exceptions:
        found += leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
