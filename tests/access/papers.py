"""Certificates for one session of tests, by openssl: two authorities, and who was signed by which."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

_CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True)
class Papers:
    """Where they lie: ``ca.pem`` and ``other.pem`` are the authorities, each with a ``-key.pem``."""

    folder: Path

    def authority(self, name: str) -> None:
        """Make one."""
        self._openssl(
            "req", "-x509", *_CURVE, *self._key(name), "-out", f"{name}.pem", "-subj", f"/CN={name}"
        )

    def signed(self, name: str, by: str = "ca", days: int = 2) -> None:
        """Make a certificate for localhost and 127.0.0.1, signed by this authority."""
        self._openssl("req", *_CURVE, *self._key(name), "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (self.folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1")
        signer = ("-CA", f"{by}.pem", "-CAkey", f"{by}-key.pem", "-days", str(days), "-extfile", "names")
        self._openssl("x509", "-req", "-in", f"{name}.csr", *signer, "-out", f"{name}.pem")

    def client(self, certificate: str = "") -> ssl.SSLContext:
        """What a client brings that trusts our authority."""
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if certificate:
            pair = self.folder / f"{certificate}.pem", self.folder / f"{certificate}-key.pem"
            context.load_cert_chain(*pair)
        return context

    def _key(self, name: str) -> tuple[str, str]:
        return "-keyout", f"{name}-key.pem"

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)


def make_papers(folder: Path) -> Papers:
    """All that the tests show and demand."""
    papers = Papers(folder)
    papers.authority("ca")
    papers.authority("other")
    papers.signed("server")
    papers.signed("renewed")
    papers.signed("client")
    papers.signed("expired", days=-1)
    papers.signed("stranger", by="other")
    return papers
