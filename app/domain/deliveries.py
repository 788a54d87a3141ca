"""What arrives at a webhook: whether it is signed, whether it is new enough, who it says it is, and the run input it makes. Pure.

Two forms of signature, chosen per webhook::

    timestamped   X-Webhook-Timestamp: 1767225600
                  X-Webhook-Signature: sha256=HEX(HMAC-SHA256(secret's text, "TIMESTAMP.BODY"))
                  X-Idempotency-Key:   optional
    standard      webhook-id, webhook-timestamp, webhook-signature: "v1,BASE64(HMAC-SHA256(key, "ID.TIMESTAMP.BODY")) …"
                  (Standard Webhooks; the key is what follows whsec_, base64-decoded)

Everything is compared in constant time and over the raw bytes, before anything is parsed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from app.domain.errors import AppError
from app.domain.expressions.json_path import check_path, select_all
from app.domain.json_value import Json

SignatureForm = Literal["timestamped", "standard"]
SIGNATURE_FORMS: tuple[SignatureForm, ...] = ("timestamped", "standard")
TOLERANCE_S = 300
SECRET_PREFIX = "whsec_"  # noqa: S105 - how the text of a signing key begins
MAX_MESSAGE_ID = 255
MAX_MAPPED = 100
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_HEX = re.compile(r"sha256=[0-9a-fA-F]{64}", re.ASCII)
_VISIBLE = re.compile(r"[\x21-\x7e]{1,255}", re.ASCII)
_STRANGERS_SECRET = SECRET_PREFIX + base64.b64encode(bytes(32)).decode()


class SignatureRefused(AppError):
    """The signature does not fit."""

    code = "webhook.signature"


class MappingInvalid(AppError):
    """The input mapping is an object of input names and JSONPaths, such as {"email": "$.user.email"}."""

    code = "webhook.mapping"


@dataclass(frozen=True, slots=True)
class Signed:
    """A delivery whose signature holds. Equal `message_id`s of one webhook are one message; `was_given`: the sender chose it."""

    message_id: str
    was_given: bool


@dataclass(frozen=True, slots=True)
class Mapped:
    """A run's input made of a payload, and a sentence for each path that found nothing."""

    input: Json
    notes: tuple[str, ...] = ()


def secret_of(key: bytes) -> str:
    """A signing key as it is shown once; `key` are 32 random bytes."""
    return SECRET_PREFIX + base64.b64encode(key).decode()


def verify(form: SignatureForm, keys: Sequence[str], headers: Mapping[str, str], body: bytes, *, now_s: float) -> Signed:
    """That one of `keys` (texts of signing keys; none for a webhook that does not exist) signed this body within ± 300 s of `now_s`.

    `headers` have lower-case names. An unknown webhook takes as long and sounds the same as a wrong signature.

    Raises:
        SignatureRefused: always with the same sentence.
    """
    try:
        signed = _verified(form, keys or (_STRANGERS_SECRET,), headers, body, now_s)
    except Exception:  # of half of all malformed requests something else than expected is raised: each is a refusal
        signed = None
    if signed is None or not keys:
        raise SignatureRefused
    return signed


def _verified(form: SignatureForm, keys: Sequence[str], headers: Mapping[str, str], body: bytes, now_s: float) -> Signed | None:
    standard = form == "standard"
    stamp = headers.get("webhook-timestamp" if standard else "x-webhook-timestamp", "")
    fresh = bool(_TIMESTAMP.fullmatch(stamp)) and abs(int(stamp) - int(now_s)) <= TOLERANCE_S
    given = headers.get("webhook-id" if standard else "x-idempotency-key", "")
    if standard:
        content = b".".join((given.encode("latin-1"), stamp.encode("latin-1"), body))
        offered = [signature for signature in map(_of_v1, headers.get("webhook-signature", "").split(" ")) if signature]
    else:
        content = stamp.encode("latin-1") + b"." + body
        text = headers.get("x-webhook-signature", "")
        offered = [bytes.fromhex(text[7:])] if _HEX.fullmatch(text) else []
    held = False
    for key in keys:
        expected = hmac.new(_key_bytes(key, standard=standard), content, hashlib.sha256).digest()
        for signature in offered[:8]:
            held |= hmac.compare_digest(expected, signature)
    if not (held and fresh) or (given and not _VISIBLE.fullmatch(given)) or (standard and not given):
        return None
    # Without an id of the sender's the signed bytes are the message: the same ones again are a replay.
    return Signed(given, was_given=True) if given else Signed("body:" + hashlib.sha256(content).hexdigest(), was_given=False)


def _of_v1(text: str) -> bytes:
    version, comma, signature = text.partition(",")
    if version != "v1" or not comma:
        return b""
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _key_bytes(secret: str, *, standard: bool) -> bytes:
    if not standard:
        return secret.encode()
    text = secret.removeprefix(SECRET_PREFIX)
    return base64.b64decode(text + "=" * (-len(text) % 4))


def sign(form: SignatureForm, secret: str, body: bytes, *, timestamp: int, message_id: str = "") -> dict[str, str]:
    """The headers that a sender of `body` sets; `message_id` is needed in the standard form."""
    if form == "standard":
        content = f"{message_id}.{timestamp}.".encode() + body
        signature = base64.b64encode(hmac.new(_key_bytes(secret, standard=True), content, hashlib.sha256).digest()).decode()
        return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": f"v1,{signature}"}
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"X-Webhook-Timestamp": str(timestamp), "X-Webhook-Signature": f"sha256={digest}"}
    return headers | ({"X-Idempotency-Key": message_id} if message_id else {})


def check_mapping(mapping: Json) -> dict[str, str] | None:
    """The mapping as names and paths; None for none at all, where the payload itself is the input.

    Raises:
        MappingInvalid: it is no object of strings, or one of them is no JSONPath; the sentence names it.
    """
    if mapping is None:
        return None
    if not isinstance(mapping, dict) or not all(isinstance(path, str) for path in mapping.values()):
        raise MappingInvalid
    if len(mapping) > MAX_MAPPED:
        raise MappingInvalid(f"The input mapping has {len(mapping)} names; at most {MAX_MAPPED} are taken.")
    checked: dict[str, str] = {}
    for name, path in mapping.items():
        assert isinstance(path, str)
        if not name:
            raise MappingInvalid("A name in the input mapping is empty.")
        try:
            check_path(path)
        except AppError as error:
            raise MappingInvalid(f"The path of “{name:.60}” cannot be used: {error}") from None
        checked[name] = path
    return checked


def mapped(mapping: Mapping[str, str] | None, payload: Json) -> Mapped:
    """The run's input: each path's one value, null and a note where it finds nothing, a list where it finds several.

    Raises:
        PathFailed: a path takes more work than one may.
    """
    if not mapping:
        return Mapped(payload)
    made: dict[str, Json] = {}
    notes: list[str] = []
    for name, path in mapping.items():
        found = select_all(path, payload)
        if not found:
            notes.append(f"{path} of “{name}” found nothing, so it is null.")
        made[name] = found[0] if len(found) == 1 else (found or None)
    return Mapped(made, tuple(notes))


def curl_command(url: str, form: SignatureForm, secret: str | None, body: str, *, timestamp: int, message_id: str) -> str:
    """A command that delivers `body`, signed with `secret`; without one the shell is to know it as ``$SECRET`` and signs itself."""
    data = shlex.quote(body)
    lines = [f"curl -X POST {shlex.quote(url)}", "-H 'Content-Type: application/json'"]
    if secret is not None:
        headers = sign(form, secret, body.encode(), timestamp=timestamp, message_id=message_id)
        lines += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in headers.items()]
        return " \\\n  ".join([*lines, f"--data-binary {data}"])
    if form == "standard":
        key = f"$(printf %s \"${{SECRET#{SECRET_PREFIX}}}\" | base64 -d | od -An -v -tx1 | tr -d ' \\n')"
        content = f"printf '%s.%s.%s' {shlex.quote(message_id)} \"$T\" {data}"
        signature = f"$({content} | openssl dgst -sha256 -mac HMAC -macopt hexkey:{key} -binary | base64)"
        lines += [f"-H 'webhook-id: {message_id}'", '-H "webhook-timestamp: $T"', f'-H "webhook-signature: v1,{signature}"']
    else:
        signature = f"$(printf '%s.%s' \"$T\" {data} | openssl dgst -sha256 -hmac \"$SECRET\" -r | cut -d' ' -f1)"
        lines += ['-H "X-Webhook-Timestamp: $T"', f'-H "X-Webhook-Signature: sha256={signature}"', f"-H 'X-Idempotency-Key: {message_id}'"]
    return "T=$(date +%s); " + " \\\n  ".join([*lines, f"--data-binary {data}"])
