"""Certificates for tests, made by openssl: an authority of our own and what it signs."""

import pathlib
import subprocess

HOST = "ntp.test"


def _openssl(*args):
    subprocess.run(["openssl", *(str(a) for a in args)], check=True, capture_output=True)


class Authority:
    """directory/ca.pem, and certificates it signs."""

    def __init__(self, directory, name="ca"):
        self.directory = pathlib.Path(directory)
        self.pem, self._key = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self._key, "-out", self.pem, "-days", "30",
                 "-subj", f"/CN=test {name}")

    def sign(self, name, subject_alt="DNS:localhost,IP:127.0.0.1", subject="/CN=nobody", key=("ec", "ec_paramgen_curve:P-256"), digest="sha256", days=("-days", "30")):
        """(certificate, private key) paths."""
        pem, private, request, extensions = (self.directory / f"{name}.{end}" for end in ("pem", "key", "csr", "ext"))
        _openssl("req", "-new", "-newkey", key[0], "-pkeyopt", key[1], "-nodes", "-keyout", private, "-out", request, "-subj", subject)
        extensions.write_text((f"subjectAltName={subject_alt}\n" if subject_alt else "") + "extendedKeyUsage=serverAuth\n")
        _openssl("x509", "-req", "-in", request, "-CA", self.pem, "-CAkey", self._key, "-CAcreateserial", "-out", pem, f"-{digest}", "-extfile", extensions, *days)
        private.chmod(0o600)
        return pem, private
