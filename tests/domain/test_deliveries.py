"""What is signed, what is mapped, and what no stranger can make the program believe."""

from __future__ import annotations

import json
import os
import random
import subprocess
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from app.domain.deliveries import (
    MappingInvalid,
    SignatureRefused,
    check_mapping,
    curl_command,
    mapped,
    secret_of,
    sign,
    verify,
)
from app.domain.webhooks import reply_of

NOW = 1_767_225_600
BODY = b'{"a": 1}'
FORMS = ("timestamped", "standard")


def new_secret() -> str:
    return secret_of(os.urandom(32))


def signed(form, secret, body=BODY, *, timestamp=NOW, message_id="m-1"):
    return {name.lower(): value for name, value in sign(form, secret, body, timestamp=timestamp, message_id=message_id).items()}


@pytest.mark.parametrize("form", FORMS)
def test_what_was_signed_is_taken_and_names_its_message(form) -> None:
    secret = new_secret()
    found = verify(form, [secret], signed(form, secret), BODY, now_s=NOW)
    assert (found.message_id, found.was_given) == ("m-1", True)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("skew", "taken"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)])
def test_a_timestamp_is_good_for_300_seconds_each_way(form, skew: int, taken: bool) -> None:
    secret = new_secret()
    headers = signed(form, secret, timestamp=NOW + skew)
    if taken:
        verify(form, [secret], headers, BODY, now_s=NOW)
    else:
        with pytest.raises(SignatureRefused):
            verify(form, [secret], headers, BODY, now_s=NOW)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "stamp", ["nan", "inf", "", " 1767225600", "1767225600.0", "+1767225600", "１７６７２２５６００", "1e9", "-1", "0x1"]
)
def test_a_timestamp_that_is_no_plain_number_is_refused_though_it_is_signed(form, stamp: str) -> None:
    secret = new_secret()
    headers = signed(form, secret)
    key = "webhook-timestamp" if form == "standard" else "x-webhook-timestamp"
    import base64
    import hashlib
    import hmac

    raw = base64.b64decode(secret.removeprefix("whsec_")) if form == "standard" else secret.encode()
    content = (f"m-1.{stamp}." if form == "standard" else f"{stamp}.").encode() + BODY
    digest = hmac.new(raw, content, hashlib.sha256)
    if form == "standard":
        headers["webhook-signature"] = "v1," + base64.b64encode(digest.digest()).decode()
    else:
        headers["x-webhook-signature"] = "sha256=" + digest.hexdigest()
    with pytest.raises(SignatureRefused):
        verify(form, [secret], {**headers, key: stamp}, BODY, now_s=NOW)


@pytest.mark.parametrize("form", FORMS)
def test_another_body_key_id_or_form_is_refused(form) -> None:
    secret = new_secret()
    headers = signed(form, secret)
    other = FORMS[1 - FORMS.index(form)]
    for keys, given, body, asked in (
        ([secret], headers, BODY + b" ", form),
        ([new_secret()], headers, BODY, form),
        ([], headers, BODY, form),
        ([secret], headers, BODY, other),
        ([secret], {}, BODY, form),
    ):
        with pytest.raises(SignatureRefused):
            verify(asked, keys, given, body, now_s=NOW)
    if form == "standard":
        with pytest.raises(SignatureRefused):
            verify(form, [secret], {**headers, "webhook-id": "m-2"}, BODY, now_s=NOW)


def test_the_standard_form_agrees_with_the_library_both_ways() -> None:
    for _ in range(200):
        secret = new_secret()
        now = int(datetime.now(UTC).timestamp())
        oracle = Webhook(secret)
        body = json.dumps({"n": random.random(), "é": "ü"}).encode()
        theirs = oracle.sign("msg_1", datetime.fromtimestamp(now, tz=UTC), body.decode())
        headers = {"webhook-id": "msg_1", "webhook-timestamp": str(now), "webhook-signature": f"v1a,xx v1,aaaa {theirs}"}
        assert verify("standard", [secret], headers, body, now_s=now).message_id == "msg_1"
        oracle.verify(body, sign("standard", secret, body, timestamp=now, message_id="msg_1"))


def test_the_published_example_of_standard_webhooks_holds() -> None:
    # The example of the specification's reference implementations.
    secret, message_id, timestamp = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330
    body = b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert sign("standard", secret, body, timestamp=timestamp, message_id=message_id)["webhook-signature"] == expected


def test_during_a_rotation_both_keys_are_taken() -> None:
    old, new = new_secret(), new_secret()
    for key in (old, new):
        verify("timestamped", [new, old], signed("timestamped", key), BODY, now_s=NOW)


def test_a_message_without_an_id_is_its_signed_text() -> None:
    secret = new_secret()
    first = verify("timestamped", [secret], signed("timestamped", secret, message_id=""), BODY, now_s=NOW)
    again = verify("timestamped", [secret], signed("timestamped", secret, message_id=""), BODY, now_s=NOW)
    later = verify("timestamped", [secret], signed("timestamped", secret, message_id="", timestamp=NOW + 1), BODY, now_s=NOW)
    assert first == again != later
    assert not first.was_given


def test_ten_thousand_twisted_requests_raise_only_the_refusal() -> None:
    rng = random.Random(20_261_127)
    secret = new_secret()
    taken = 0
    for number in range(10_000):
        form = FORMS[number % 2]
        headers = signed(form, secret)
        for _ in range(rng.randint(1, 3)):
            name = rng.choice(list(headers))
            value = headers[name]
            at = rng.randrange(len(value) or 1)
            headers[name] = rng.choice(
                [
                    value[:at] + chr(rng.choice([0, 9, 32, 44, 61, 127, 128, 255, 0x2028])) + value[at + 1 :],
                    value[:at],
                    value + rng.choice([",", " ", "=", "v1,", "\x00"]) + value,
                    "",
                    "v1," + "A" * rng.randint(0, 500),
                    "sha256=" + "g" * 64,
                    str(rng.randint(-(10**20), 10**20)),
                ]
            )
        if headers == signed(form, secret):
            continue
        try:
            verify(form, [secret], headers, BODY, now_s=NOW)
        except SignatureRefused:
            continue
        # What is still taken must carry the very signature, such as one named twice.
        taken += 1
        name = "webhook-signature" if form == "standard" else "x-webhook-signature"
        assert signed(form, secret)[name].split(",")[-1].lower() in headers[name].lower()
    assert taken < 2_000


@pytest.mark.parametrize("mapping", [[], "x", 3, {"a": 1}, {"a": "$["}, {"": "$.a"}, {"a": "user.name"}])
def test_a_mapping_that_is_none_is_refused(mapping) -> None:
    with pytest.raises(MappingInvalid):
        check_mapping(mapping)


def test_a_mapping_gives_values_lists_and_noted_nulls() -> None:
    payload = {"user": {"name": "Ada"}, "lines": [{"n": 1}, {"n": 2}]}
    made = mapped({"name": "$.user.name", "all": "$.lines[*].n", "none": "$.user.age"}, payload)
    assert made.input == {"name": "Ada", "all": [1, 2], "none": None}
    assert made.notes == ("$.user.age of “none” found nothing, so it is null.",)


def test_without_a_mapping_the_payload_is_the_input() -> None:
    assert mapped(None, [1, 2]).input == [1, 2]


@pytest.mark.parametrize("form", FORMS)
def test_the_copied_command_signs_what_the_listener_takes(form, tmp_path) -> None:
    """The shell's own openssl signs; a stand-in for curl writes down what it was given."""
    secret, body = new_secret(), '{"user": {"name": "it\'s"}}'
    curl = tmp_path / "curl"
    curl.write_text(f'#!/bin/sh\nfor a in "$@"; do printf "%s\\n" "$a"; done > {tmp_path}/given\n')
    curl.chmod(0o755)
    command = curl_command("http://127.0.0.1:1/webhooks/x", form, None, body, timestamp=0, message_id="m-7")
    subprocess.run(["bash", "-c", command], check=True, env={"PATH": f"{tmp_path}:/usr/bin:/bin", "SECRET": secret})
    given = (tmp_path / "given").read_text().splitlines()
    headers = {}
    for flag, value in zip(given, given[1:]):
        if flag == "-H":
            name, _, text = value.partition(": ")
            headers[name.lower()] = text
    assert given[-1] == body
    now = int(datetime.now(UTC).timestamp())
    assert verify(form, [secret], headers, body.encode(), now_s=now).message_id == "m-7"


def test_a_run_may_choose_its_reply_but_not_split_it() -> None:
    reply = reply_of(
        {
            "respond": {
                "status": 201,
                "headers": {"X-A": "1", "X-B": "a\r\nSet-Cookie: b", "Content-Length": "5", "b ad": "x"},
                "body": {"ok": 1},
            }
        }
    )
    assert (reply.status, dict(reply.headers), reply.body) == (201, {"X-A": "1"}, {"ok": 1})
    assert reply_of({"respond": {"status": 99}}).status == 200
    assert reply_of({"respond": {"status": True}}).status == 200
    assert reply_of({"n": 1}).body == {"n": 1}
