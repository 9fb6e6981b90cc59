"""What a web configuration may say, and each mistake in one with its place and a remedy."""

import ssl
from pathlib import Path

import pytest

from reactor.access.reading import BadWebConfig, parse_access, read_access
from tests.access.papers import Papers
from tests.access.scene import HASH

TLS = "tls_server_config:\n  cert_file: server.pem\n  key_file: server-key.pem\n"


def mistakes(text: str, papers: Papers) -> list[str]:
    """What is wrong with a text, each as line:column: sentence."""
    with pytest.raises(BadWebConfig) as bad:
        parse_access(text, papers.folder / "web.yaml")
    return [str(each).removeprefix(f"{papers.folder}/web.yaml:") for each in bad.value.errors]


def test_all_that_is_honoured(papers: Papers) -> None:
    text = f"""{TLS}  client_ca_file: {papers.folder}/ca.pem
  client_auth_type: RequireAndVerifyClientCert
  min_version: TLS12
  max_version: TLS12
  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]
  prefer_server_cipher_suites: false
http_server_config:
  http2: false
  headers: {{X-Frame-Options: deny, Strict-Transport-Security: max-age=600}}
basic_auth_users:
  ada: {HASH}
"""
    access = parse_access(text, papers.folder / "web.yaml")
    assert access.context is not None
    ciphers = [each["name"] for each in access.context.get_ciphers() if each["protocol"] == "TLSv1.2"]
    assert ciphers == ["ECDHE-ECDSA-AES256-GCM-SHA384"]
    assert access.context.verify_mode is ssl.CERT_REQUIRED
    assert access.context.maximum_version is ssl.TLSVersion.TLSv1_2
    assert not access.context.options & ssl.OP_CIPHER_SERVER_PREFERENCE
    assert access.certificates
    assert dict(access.headers)["X-Frame-Options"] == "deny"
    assert access.users == {"ada": HASH.encode()}
    assert HASH not in repr(access)
    assert [each.name for each in access.files] == ["web.yaml", "server.pem", "server-key.pem", "ca.pem"]


def test_an_empty_file_says_nothing(papers: Papers) -> None:
    access = parse_access("# nothing yet\n", papers.folder / "web.yaml")
    assert not access.secured
    assert not access.authenticated


_SAID = [
    ("tls: {}", "1:1: unknown key 'tls' in a web configuration"),
    ("rate_limit: {interval: 1s}", "1:1: 'rate_limit' is not honoured here: leave it out"),
    (f"{TLS}  client_allowed_sans: [a]", "4:3: 'client_allowed_sans' is not honoured here: have"),
    (f"{TLS}  curve_preferences: [X25519]", "4:3: 'curve_preferences' is not honoured here"),
    (f"{TLS}  cert: x", "4:3: 'cert' is not honoured here: write the certificate to a file"),
    (f"{TLS}  insecure: true", "4:3: unknown key 'insecure' in 'tls_server_config'"),
    ("tls_server_config:\n  cert_file: server.pem", "2:3: 'tls_server_config' needs the key 'key_file'"),
    (f"{TLS}  min_version: TLS10", "4:16: 'min_version': TLS10 is broken and not spoken here"),
    (f"{TLS}  min_version: TLS13\n  max_version: TLS12", "4:16: 'min_version' is higher than 'max_version'"),
    (f"{TLS}  client_auth_type: RequireAnyClientCert", "4:21: 'RequireAnyClientCert' takes certificates"),
    (f"{TLS}  client_auth_type: Verify", "4:21: there is no 'client_auth_type' called 'Verify'"),
    (f"{TLS}  client_auth_type: VerifyClientCertIfGiven", "4:21: certificates are asked for, and nobody"),
    (f"{TLS}  client_ca_file: ca.pem", "4:19: no certificate is asked for: write 'client_auth_type"),
    (f"{TLS}  client_ca_file: names\n  client_auth_type: RequireAndVerifyClientCert", "4:19: this is no"),
    (f"{TLS}  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]", "4:19: this suite is not spoken here"),
    (f"{TLS}  cipher_suites: [TLS_AES_128_GCM_SHA256]", "4:19: 'TLS_AES_128_GCM_SHA256' belongs to TLS 1.3"),
    (TLS.replace("server.pem", "none.pem"), "2:14: 'cert_file' cannot be read: No such file"),
    (TLS.replace("server.pem", "."), "2:14: 'cert_file' is no regular file"),
    (TLS.replace("server-key", "client-key"), "3:13: this key does not belong to the certificate"),
    (TLS.replace("server.pem", "names"), "2:14: 'cert_file' and 'key_file' are not a certificate"),
    ("http_server_config: {http2: true}", "1:29: HTTP/2 is not spoken here: write 'http2: false'"),
    ("http_server_config: {headers: {Server: x}}", "1:40: the header 'Server' cannot be set"),
    ("http_server_config: {headers: {X-Frame-Options: maybe}}", "1:49: the value of 'X-Frame-Options' is"),
    ('http_server_config: {headers: {X-XSS-Protection: "1\\r\\nA: b"}}', "1:50: the value of 'X-XSS"),
    ("basic_auth_users: {ada: secret}", "1:25: this is not what bcrypt makes of a password: make one with"),
    ("basic_auth_users: {'a:b': secret}", "1:27: a name is not empty, is printable and has no colon"),
    # A salt that the library would refuse, and only when somebody asks.
    (f"basic_auth_users: {{ada: $2y$04${'z' * 53}}}", "1:25: this is not what bcrypt makes of a password"),
    (f"basic_auth_users: {{ada: {HASH.replace('$04$', '$20$')}}}", "1:25: a cost of 20 is not from 4 to 14"),
    ("basic_auth_users: [ada]", "1:19: 'basic_auth_users' is a map"),
    ("a: 1\na: 2", "2:1: the key 'a' stands here twice, first in line 1"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), _SAID)
def test_every_mistake_has_its_place_and_a_remedy(text: str, said: str, papers: Papers) -> None:
    assert any(each.startswith(said) for each in mistakes(text, papers)), mistakes(text, papers)


def test_all_mistakes_are_said_at_once_and_no_password_is_shown(papers: Papers) -> None:
    text = f"{TLS}  key: hidden\nbasic_auth_users: {{ada: hunter2}}\nrate_limit: 1\n"
    found = mistakes(text, papers)
    assert [each.partition(": ")[0] for each in found] == ["4:3", "5:25", "6:1"]
    assert "hunter2" not in "".join(found)


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    for make, said in (
        (lambda _: None, "cannot be read: No such file"),
        (Path.mkdir, "no regular file"),
    ):
        path = tmp_path / f"{said[:3]}.yaml"
        make(path)
        with pytest.raises(BadWebConfig, match=said):
            read_access(path)
