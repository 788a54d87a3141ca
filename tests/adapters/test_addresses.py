from __future__ import annotations

import random
from ipaddress import IPv4Address, IPv6Address

import pytest

from app.adapters.addresses import AllowListInvalid, allow_key, is_global, parse_allow_list, unmapped

PRIVATE = """0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1
172.31.255.255 192.0.0.1 192.0.0.170 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1
239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:0:127.0.0.1 64:ff9b::7f00:1
64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1::
2002:808:808::1 3fff::1 3fff:fff::1 5f00::1 fc00::1 fd12:3456::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1 2606:4700::1%lo""".split()

PUBLIC = """1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 169.253.255.255 172.15.255.255
172.32.0.0 192.0.1.1 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255 ::ffff:8.8.8.8 2001:200::1 2001:4860:4860::8888
2003::1 2606:4700:4700::1111 2a00:1450::1""".split()


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_the_public_internet_is_not_global(address: str) -> None:
    assert not is_global(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_neighbours_of_special_ranges_are_global(address: str) -> None:
    assert is_global(address)


def test_nothing_passes_that_python_calls_private() -> None:
    dice = random.Random(7)
    samples = [str(IPv4Address(dice.getrandbits(32))) for _ in range(5_000)]
    samples += [str(IPv6Address((dice.getrandbits(16) << 112) | dice.getrandbits(112))) for _ in range(5_000)]
    wrong = [text for text in samples if is_global(text) and not unmapped(text).is_global]
    assert wrong == []


def test_a_mapped_address_becomes_the_one_inside() -> None:
    assert str(unmapped("::ffff:8.8.8.8")) == "8.8.8.8"
    assert str(unmapped("2606:4700::1")) == "2606:4700::1"


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("", set()),
        ("localhost:11434", {"localhost:11434"}),
        (" LocalHost:80 , 10.0.0.5:8080,", {"localhost:80", "10.0.0.5:8080"}),
        ("[::1]:8080", {"[::1]:8080"}),
        ("[0:0:0:0:0:0:0:1]:8080", {"[::1]:8080"}),
        (["models.intranet.:443"], {"models.intranet:443"}),
        (["bücher.example:443"], {"xn--bcher-kva.example:443"}),
    ],
)
def test_an_allow_list_is_read_as_it_is_written(said: str | list[str], means: set[str]) -> None:
    assert parse_allow_list(said) == means


@pytest.mark.parametrize(
    "entry", ["localhost", "localhost:0", "localhost:65536", "http://localhost:80", "*:80", "a b:80", "::1:80", "[zz]:80", "h:80/x"]
)
def test_an_entry_that_is_not_host_and_port_is_told(entry: str) -> None:
    with pytest.raises(AllowListInvalid, match="ORCHESTRION_EGRESS_ALLOW"):
        parse_allow_list(entry)


def test_a_key_is_the_same_however_the_host_is_spelled() -> None:
    assert allow_key("Example.COM.", 443) == allow_key("example.com", 443) == "example.com:443"
    assert allow_key("::1", 80) == allow_key("[::1]", 80) == "[::1]:80"
