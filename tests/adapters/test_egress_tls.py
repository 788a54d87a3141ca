from __future__ import annotations

import datetime
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.adapters.egress import Egress
from app.adapters.exchange import EgressUnreachable, HttpRequest
from tests.adapters.servers import RawServer, SaidAddresses, reply

Door = Callable[..., Egress]


class Authority:
    """A certificate authority of this test alone."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of a test")])
        certificate = (
            self._builder(self._name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.file = directory / "authority.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def server(self, host: str, seen_names: list[str | None]) -> ssl.SSLContext:
        """What a server of this name needs; it notes by which name it is asked."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            self._builder(x509.Name([]), key)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        file = self._directory / f"{host}.pem"
        file.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        context.sni_callback = lambda socket, name, own: seen_names.append(name)  # type: ignore[assignment]
        return context

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
        )


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def test_tls_names_and_verifies_the_host_of_the_url_not_the_address(door: Door, authority: Authority) -> None:
    names: list[str | None] = []
    async with RawServer(reply(body=b"sealed"), tls=authority.server("secure.example", names)) as server:
        egress = door(ca_file=authority.file, resolver=SaidAddresses(secure_example=["127.0.0.1"]), allow=f"secure.example:{server.port}")
        answer = await egress.send(HttpRequest("GET", f"https://secure.example:{server.port}/"))
    assert answer.body == b"sealed" and names == ["secure.example"]
    assert f"host: secure.example:{server.port}" in server.requests[0].decode().lower()


async def test_a_certificate_of_another_name_is_not_accepted(door: Door, authority: Authority) -> None:
    async with RawServer(reply(), tls=authority.server("other.example", [])) as server:
        egress = door(ca_file=authority.file, resolver=SaidAddresses(secure_example=["127.0.0.1"]), allow=f"secure.example:{server.port}")
        with pytest.raises(EgressUnreachable, match="certificate of secure.example cannot be trusted") as caught:
            await egress.send(HttpRequest("GET", f"https://secure.example:{server.port}/"))
    assert not caught.value.retryable and server.requests == []


async def test_an_unknown_authority_is_not_accepted_even_on_the_allow_list(door: Door, authority: Authority) -> None:
    async with RawServer(reply(), tls=authority.server("secure.example", [])) as server:
        egress = door(resolver=SaidAddresses(secure_example=["127.0.0.1"]), allow=f"secure.example:{server.port}")
        with pytest.raises(EgressUnreachable, match="Certificates are always verified") as caught:
            await egress.send(HttpRequest("GET", f"https://secure.example:{server.port}/"))
    assert not caught.value.retryable and server.requests == []


async def test_a_server_without_tls_is_told_as_unreachable(door: Door) -> None:
    async with RawServer(b"HTTP/1.1 400 Bad Request\r\n\r\n", at_once=True) as server:
        with pytest.raises(EgressUnreachable):
            await door(allow=server.place).send(HttpRequest("GET", f"https://{server.place}/"))
