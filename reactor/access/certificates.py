"""From the files that a web configuration names to a TLS context, or to what is wrong with which of them.

What is asked of clients, and which versions are spoken, was read before. It reads files, and is called where
a file system that hangs holds up nobody.
"""

import re
import ssl
from pathlib import Path

from reactor.access.models import TlsText
from reactor.ruleset.files import read_regular

LARGEST = 1024 * 1024
_CERTIFICATE = re.compile(rb"-----BEGIN [A-Z0-9 ]*CERTIFICATE-----(.*?)-----END", re.DOTALL)


class Vouched(ssl.SSLContext):
    """A context that knows whose certificates it takes, so that a connection can be told from later ones."""

    authorities: frozenset[bytes] = frozenset()


class BadFile(Exception):
    """A file is not as it must be: which key names it, and a sentence."""

    def __init__(self, key: str, sentence: str) -> None:
        super().__init__(sentence)
        self.key = key
        self.sentence = sentence


def context_of(written: TlsText, folder: Path) -> Vouched:
    """The context for new connections. Raises BadFile."""
    context = Vouched(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version, context.maximum_version = written.min_version, written.max_version
    # Without tickets nobody comes in by what an earlier configuration let in, and nobody has to take them.
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    if not written.prefer_server_cipher_suites:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    if written.cipher_suites:
        context.set_ciphers(":".join(written.cipher_suites))
    _readable("cert_file", folder, written.cert_file)
    _load_own(context, folder / written.cert_file, written, folder)
    if written.client_ca_file:
        # Read before it is loaded: what changes in between is taken for older than it is, never for newer.
        content = _readable("client_ca_file", folder, written.client_ca_file)
        context.authorities = frozenset(b"".join(each.split()) for each in _CERTIFICATE.findall(content))
        _load_authority(context, folder / written.client_ca_file)
    context.verify_mode = written.client_auth_type
    return context


def files_of(written: TlsText, folder: Path) -> tuple[Path, ...]:
    """All the files that are named."""
    named = (written.cert_file, written.key_file, written.client_ca_file)
    return tuple(folder / each for each in named if each)


def _load_own(context: ssl.SSLContext, certificate: Path, written: TlsText, folder: Path) -> None:
    _readable("key_file", folder, written.key_file)
    key = folder / written.key_file
    try:
        # The empty password turns a question on the terminal into an error.
        context.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise BadFile("key_file", "this key does not belong to the certificate in 'cert_file'") from None
        what = (
            "'cert_file' and 'key_file' are not a certificate and its key, both in PEM and without password"
        )
        raise BadFile("cert_file", what) from None
    except (OSError, ValueError):
        raise BadFile(
            "key_file", "this key has a password: keep it without, where nobody else can read it"
        ) from None


def _load_authority(context: ssl.SSLContext, authority: Path) -> None:
    try:
        context.load_verify_locations(authority)
    except (OSError, ssl.SSLError):
        raise BadFile("client_ca_file", "this is no file with certificates of authorities, in PEM") from None
    # Newer Pythons insist on extensions that the certificates of most private authorities lack.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT


def _readable(key: str, folder: Path, name: str) -> bytes:
    """What is in a file that can be read and is no pipe, at which the reader of a certificate would wait."""
    try:
        if (content := read_regular(folder / name, LARGEST)) is not None:
            return content
    except OSError as error:
        raise BadFile(key, f"'{key}' cannot be read: {error.strerror}: {folder / name}") from None
    raise BadFile(key, f"'{key}' is no regular file: {folder / name}")
