"""The shape of a web configuration: the keys of exporter-toolkit that are honoured exactly, and no others.

What single values mean is in ``values``. A key that the toolkit has and we have not is in ``ELSEWHERE``, with
what to do instead: to ignore it would let in somebody whom its author meant to keep out.
"""

import ssl
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, PlainValidator

from reactor.access import values
from reactor.ruleset.models import Shape, Strict

_File = Annotated[str, PlainValidator(values.file)]
_Version = Annotated[ssl.TLSVersion, PlainValidator(values.version)]


class TlsText(Strict):
    """``tls_server_config``."""

    cert_file: _File
    key_file: _File
    client_auth_type: Annotated[ssl.VerifyMode, PlainValidator(values.certificates)] = ssl.CERT_NONE
    client_ca_file: _File = ""
    min_version: _Version = ssl.TLSVersion.TLSv1_2
    max_version: _Version = ssl.TLSVersion.TLSv1_3
    cipher_suites: Annotated[tuple[str, ...], PlainValidator(values.suites)] = ()
    prefer_server_cipher_suites: bool = True


class HttpText(Strict):
    """``http_server_config``."""

    http2: Annotated[bool, PlainValidator(values.http2)] = False
    headers: Annotated[tuple[tuple[str, str], ...], PlainValidator(values.headers)] = ()


class WebText(Strict):
    """The whole file."""

    tls_server_config: TlsText | None = None
    http_server_config: HttpText = HttpText()
    basic_auth_users: Annotated[dict[str, bytes], PlainValidator(values.users)] = Field(default={})


SHAPE = Shape(
    {
        (): (WebText, "a web configuration"),
        ("tls_server_config",): (TlsText, "'tls_server_config'"),
        ("http_server_config",): (HttpText, "'http_server_config'"),
    }
)

ELSEWHERE: Mapping[tuple[str, ...], str] = {
    ("tls_server_config", "cert"): "write the certificate to a file, and 'cert_file'",
    ("tls_server_config", "key"): "write the key to a file that only the monitor can read, and 'key_file'",
    ("tls_server_config", "client_ca"): "write the authority to a file, and 'client_ca_file'",
    ("tls_server_config", "client_allowed_sans"): (
        "have an authority of its own in 'client_ca_file', which signs for those alone who may come in"
    ),
    ("tls_server_config", "curve_preferences"): "leave it out: OpenSSL's own are good",
    ("rate_limit",): "leave it out: there are limits already",
}
"""Keys that exporter-toolkit has and that are not honoured here, with a remedy."""
