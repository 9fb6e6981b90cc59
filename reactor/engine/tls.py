"""The certificate files that go with an engine, and what they are made into.

The docker SDK knows where they lie; whether certificates are verified is decided here: always,
unless the operator says otherwise in so many words.
"""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reactor.engine.errors import BadEndpoint

NAMES = ("ca.pem", "cert.pem", "key.pem")
"""What a folder of certificates holds: the authority, what we show, and its key."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The paths of an authority, a certificate and its key.

    No authority means those that the system trusts, no certificate that we show none.
    """

    authority: str = ""
    certificate: str = ""
    key: str = ""
    verify: bool = True

    @classmethod
    def of(cls, found: Any, *, verify: bool) -> "TlsFiles":
        """From the SDK's record. What that says about verification is not taken over."""
        certificate, key = found.cert or ("", "")
        return cls(found.ca_cert or "", certificate, key, verify)

    def context(self) -> ssl.SSLContext:
        """What a connection is made with; BadEndpoint names the file that is not as it must be."""
        try:
            context = ssl.create_default_context(cafile=self.authority or None)
        except OSError as error:
            raise BadEndpoint(f"{self.authority} is no file with the certificate of an authority") from error
        # Newer Pythons insist on extensions that the certificates of most private authorities lack.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.certificate:
            self._add_certificate(context)
        return context

    def _add_certificate(self, context: ssl.SSLContext) -> None:
        try:
            # The empty password turns a question on the terminal into an error.
            context.load_cert_chain(self.certificate, self.key, password="")
        except OSError as error:
            raise BadEndpoint(f"{self.certificate} and {self.key} are no certificate with its key") from error


def tls_files(host: str, environ: Mapping[str, str], *, verify: bool) -> TlsFiles | None:
    """The files that DOCKER_CERT_PATH and DOCKER_TLS_VERIFY speak of; None if they do not ask for TLS."""
    from docker.errors import TLSParameterError  # noqa: PLC0415 - a heavy import, needed for TLS only
    from docker.utils import kwargs_from_env  # noqa: PLC0415 - as above

    try:
        # The host goes in as well, because the SDK takes the process's environment for an empty mapping.
        found = kwargs_from_env({**environ, "DOCKER_HOST": host}).get("tls")
    except TLSParameterError as error:
        folder = environ.get("DOCKER_CERT_PATH") or "~/.docker"
        raise BadEndpoint(
            f"DOCKER_CERT_PATH or DOCKER_TLS_VERIFY asks for TLS, and {folder} does not hold "
            f"ca.pem, cert.pem and key.pem"
        ) from error
    return TlsFiles.of(found, verify=verify) if found else None


def files_in(folder: str, *, verify: bool) -> TlsFiles:
    """The files of a folder that was named for one engine."""
    missing = missing_in(folder)
    if missing:
        raise BadEndpoint(f"{folder} does not hold {' and '.join(missing)}")
    authority, certificate, key = (str(Path(folder) / each) for each in NAMES)
    return TlsFiles(authority, certificate, key, verify)


def missing_in(folder: str) -> tuple[str, ...]:
    """The files that such a folder has to hold and does not, or not for us."""
    return tuple(each for each in NAMES if not os.path.isfile(Path(folder) / each))
