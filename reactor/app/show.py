"""``reactor show``: the certificate of one decision, on one page or as JSON.

Only the command is here; how the page looks is in ``certificate_page``.
"""

import argparse
import json
import sys
from dataclasses import asdict

from reactor.app.certificate_page import page
from reactor.app.complaint import FOUND, OK, Complaint
from reactor.app.history import written
from reactor.app.journals import complaints, find_journal
from reactor.core.language.printing import tame
from reactor.journal.certificates import NoCertificate, read_certificate


def show(options: argparse.Namespace) -> int:
    """Carry out ``reactor show``: exit code 1 if there is no such certificate, or more than one."""
    with complaints():
        try:
            certificate = read_certificate(find_journal(options.journal), options.id)
        except NoCertificate as error:
            raise Complaint(f"{tame(options.id, 64)}: {tame(str(error), 300)}", code=FOUND) from None
    if options.json:
        told = {**asdict(certificate), "time": written(certificate.wall, "milliseconds")}
        json.dump(told, sys.stdout, indent=2)
        print()
    else:
        print("\n".join(page(certificate)))
    return OK
