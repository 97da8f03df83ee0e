"""Certificates for tests, made by openssl: an authority of our own and what it signs."""

import base64
import hashlib
import os
import pathlib
import subprocess

from lib import peers

HOST = "ntp.test"


def _openssl(*args, when=None):
    """when: as peers.fake_time has it."""
    env = {**os.environ, **peers.fake_time(when)} if when else None
    done = subprocess.run(["openssl", *(str(a) for a in args)], capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr


class Authority:
    """directory/ca.pem, and certificates it signs. above: the authority that vouches for this one; without, it does so itself."""

    def __init__(self, directory, name="ca", above=None):
        self.directory = pathlib.Path(directory)
        self.pem, self._key = self.directory / f"{name}.pem", self.directory / f"{name}.key"
        if above:
            self.pem, self._key = above.sign(name, subject=f"/CN=test {name}", extensions="basicConstraints=critical,CA:TRUE\n")
            return
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", self._key, "-out", self.pem, "-days", "30",
                 "-subj", f"/CN=test {name}")

    def sign(self, name, subject_alt="DNS:localhost,IP:127.0.0.1", subject="/CN=nobody", key=("ec", "ec_paramgen_curve:P-256"), digest="sha256", days=("-days", "30"),
             usage="serverAuth", when=None, extensions=None):
        """(certificate, private key) paths. when: the day on which it is signed."""
        pem, private, request, file = (self.directory / f"{name}.{end}" for end in ("pem", "key", "csr", "ext"))
        _openssl("req", "-new", "-newkey", key[0], "-pkeyopt", key[1], "-nodes", "-keyout", private, "-out", request, "-subj", subject)
        file.write_text(extensions or (f"subjectAltName={subject_alt}\n" if subject_alt else "") + f"extendedKeyUsage={usage}\n")
        _openssl("x509", "-req", "-in", request, "-CA", self.pem, "-CAkey", self._key, "-CAcreateserial", "-out", pem, f"-{digest}", "-extfile", file, *days,
                 when=when)
        private.chmod(0o600)
        return pem, private

    def revoke(self, *certificates, days=30, when=None):
        """A list of revoked certificates of this authority, made on that day for so many."""
        index, config, path = (self.directory / f"{self.pem.stem}-revoked.{end}" for end in ("index", "cnf", "pem"))
        index.write_text("")
        config.write_text(f"[ca]\ndefault_ca=us\n[us]\ndatabase={index}\ndefault_md=sha256\n")
        us = ("ca", "-config", config, "-keyfile", self._key, "-cert", self.pem)
        for pem in certificates:
            _openssl(*us, "-revoke", pem)
        _openssl(*us, "-gencrl", "-crldays", days, "-out", path, when=when)
        return path


def pin_of(pem):
    """What `nts_pin` wants of a certificate's key."""
    key = subprocess.run(["openssl", "x509", "-in", pem, "-noout", "-pubkey"], check=True, capture_output=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key, check=True, capture_output=True).stdout
    return "sha256//" + base64.b64encode(hashlib.sha256(der).digest()).decode()
