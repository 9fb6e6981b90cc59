"""A web configuration read: text in, ``Access`` out, or all that is wrong with it, each with its place.

Reading is all or nothing. Who calls it when, and what becomes of it, is in ``keeping``.
"""

from collections.abc import Iterator
from pathlib import Path
from ssl import CERT_NONE, CERT_REQUIRED

from pydantic import ValidationError

from reactor.access.certificates import BadFile, context_of, files_of
from reactor.access.models import ELSEWHERE, SHAPE, WebText
from reactor.access.terms import Access
from reactor.ruleset.document import Document, NotYamlError, read_document
from reactor.ruleset.errors import RuleError, error_at
from reactor.ruleset.files import LARGEST, read_regular
from reactor.ruleset.sentences import Found, sentences

_TLS = "tls_server_config"


class BadWebConfig(Exception):
    """The file cannot be used; ``errors`` are all that is wrong with it."""

    def __init__(self, *errors: RuleError) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = errors


def read_access(path: Path, *, may_be_empty: bool = True) -> Access:
    """Who is let in by the file. Raises BadWebConfig. It reads files, and may hang if they do."""
    try:
        content = read_regular(path)
    except OSError as error:
        raise BadWebConfig(_whole(path, f"the web configuration cannot be read: {error.strerror}")) from None
    if content is None:
        raise BadWebConfig(_whole(path, "this is no regular file: a pipe cannot be read again and again"))
    if len(content) > LARGEST:
        raise BadWebConfig(_whole(path, f"this is larger than {LARGEST // 1024} KiB: is it the right file?"))
    try:
        return parse_access(content.decode("utf-8"), path, may_be_empty=may_be_empty)
    except UnicodeDecodeError as error:
        raise BadWebConfig(_whole(path, f"byte {error.start} is not UTF-8: save it as UTF-8")) from None


def parse_access(text: str, path: Path, *, may_be_empty: bool = True) -> Access:
    """Who is let in by this text; files are named from the folder of ``path``. Raises BadWebConfig.

    A text that says nothing at all lets everybody in, and is a mistake unless it ``may_be_empty``.
    """
    try:
        document = read_document(text)
    except NotYamlError as error:
        raise BadWebConfig(error_at(str(path), text, error.offset, error.message)) from None
    if document.data is None and not document.problems and not may_be_empty:
        raise BadWebConfig(_whole(path, "the file is empty: write {} if everybody is to be let in"))
    written, found = _validated(document)
    if written is not None:
        found += _together(document, written)
    access = Access()
    if written is not None and not found:
        try:
            access = _access(written, path)
        except BadFile as bad:
            found.append((document.value_at((_TLS, bad.key)), bad.sentence))
    if found:
        raise BadWebConfig(*(error_at(str(path), text, *each) for each in sorted(set(found))))
    return access


def _validated(document: Document) -> tuple[WebText | None, list[Found]]:
    found = [*document.problems, *_not_honoured(document)]
    # An empty file says nothing, as in the toolkit.
    data = {} if document.data is None else _without_those(document.data)
    try:
        return WebText.model_validate(data), found
    except ValidationError as error:
        return None, [*found, *sentences(document, error, SHAPE)]


def _not_honoured(document: Document) -> Iterator[Found]:
    for path, remedy in ELSEWHERE.items():
        if path in document.keys:
            yield document.key_at(path), f"'{path[-1]}' is not honoured here: {remedy}"


def _without_those(data: object) -> object:
    """What is left without what was complained of already."""
    if not isinstance(data, dict):
        return data
    return {
        key: {inner: each for inner, each in value.items() if (key, inner) not in ELSEWHERE}
        if isinstance(value, dict) and key == _TLS
        else value
        for key, value in data.items()
        if (key,) not in ELSEWHERE
    }


def _together(document: Document, written: WebText) -> Iterator[Found]:
    tls = written.tls_server_config
    if tls is None:
        return
    if tls.client_auth_type is not CERT_NONE and not tls.client_ca_file:
        at = document.value_at((_TLS, "client_auth_type"))
        yield at, "certificates are asked for, and nobody is named who signs them: write 'client_ca_file'"
    if tls.client_auth_type is CERT_NONE and tls.client_ca_file:
        at = document.value_at((_TLS, "client_ca_file"))
        yield at, "no certificate is asked for: write 'client_auth_type: RequireAndVerifyClientCert'"
    if tls.min_version > tls.max_version:
        yield document.value_at((_TLS, "min_version")), "'min_version' is higher than 'max_version'"


def _access(written: WebText, path: Path) -> Access:
    tls, folder = written.tls_server_config, path.parent
    context = context_of(tls, folder) if tls is not None else None
    return Access(
        context,
        certificates=tls is not None and tls.client_auth_type is CERT_REQUIRED,
        authorities=context.authorities if context is not None else frozenset(),
        users=dict(written.basic_auth_users),
        headers=written.http_server_config.headers,
        files=(path, *(files_of(tls, folder) if tls is not None else ())),
    )


def _whole(path: Path, message: str) -> RuleError:
    return RuleError(str(path), 0, 0, message)
