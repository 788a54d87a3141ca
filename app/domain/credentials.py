"""Secrets as the domain knows them: what may be called one, and how a value is masked wherever it would appear.

Sealing is `platform/vault`; here is what needs no key. A value is looked for as it stands and in the forms that
programs turn it into on the way to a log: base64 (at each of the three alignments it can have inside a longer text,
both alphabets), percent-encoding, hex, JSON and Python escapes.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from app.domain.errors import AppError
from app.domain.json_value import Json

MIN_SECRET_LENGTH = 6
MAX_SECRET_BYTES = 65_536
MAX_NAME_LENGTH = 255

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_BASE64_ALPHABET = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_")
_ESCAPE_DIGITS = re.compile(r"(?<=\\u)[0-9a-f]{4}")
_PERCENT_DIGITS = re.compile("(?<=%)[0-9A-F]{2}")
_HTML_SAFE = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
_HTML_SAFE_QUOTES = _HTML_SAFE | str.maketrans({"'": "\\u0027"})
"""What JSON encoders that are safe to stand in HTML escape besides: Go's, and the Python web frameworks'."""
_URL_SAFE_SETS = ("", "/", "!*'()", "/:?#[]@!$&'()*+,;=", "/:@!$&'()*+,;=~")
"""What encoders leave alone: RFC 3986 strictly, Python's `quote`, JavaScript's encodeURIComponent, encodeURI, and a path segment."""


class SecretNameInvalid(AppError):
    """A secret's name is letters, digits and _, and does not begin with a digit."""

    code = "secret.name_invalid"


class SecretRefused(AppError):
    """This value cannot be kept as a secret."""

    code = "secret.refused"


class SecretNotFound(AppError):
    """There is no such secret; `orchestrion secrets list` shows what there is."""

    code = "secret.not_found"


def check_secret_name(name: str) -> str:
    """The name itself, when `{{ secrets.NAME }}` can say it."""
    if len(name) > MAX_NAME_LENGTH or not _NAME.fullmatch(name):
        raise SecretNameInvalid(
            f'"{name[:40]}" cannot be a secret\'s name: use letters, digits and _, not beginning with a digit, at most {MAX_NAME_LENGTH}.'
        )
    return name


def check_secret_value(value: str) -> str:
    """The value itself, when it can be stored and masked: what is shorter could not be masked without masking half of every log.

    Raises:
        SecretRefused: too short, too long, or not text that a database and a header can carry. The sentence never holds the value.
    """
    if len(value.strip()) < MIN_SECRET_LENGTH:
        raise SecretRefused(
            f"A secret needs at least {MIN_SECRET_LENGTH} characters: a shorter one could not be masked in logs and outputs."
        )
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise SecretRefused("A secret must be text without NUL characters and lone surrogates; store binary keys as base64.")
    if len(value.encode()) > MAX_SECRET_BYTES:
        raise SecretRefused(f"A secret may have at most {MAX_SECRET_BYTES // 1024} KiB.")
    return value


class Redactor:
    """Replaces secret values by dots and their name, in any text or JSON value.

    It grows by `including` and never forgets, so that a value which was handed out once stays masked after it was replaced.
    """

    __slots__ = ("_forms", "_needles", "_secrets")

    def __init__(self, secrets: Iterable[tuple[str, str]] = ()) -> None:
        """`secrets` are pairs of name and value. A value shorter than the vault accepts is left alone."""
        self._secrets = frozenset(secrets)
        self._forms = tuple(_forms_of(self._secrets))
        self._needles = frozenset(json.dumps(form.text, ensure_ascii=False)[1:-1] for form in self._forms)

    def __bool__(self) -> bool:
        return bool(self._forms)

    def including(self, secrets: Iterable[tuple[str, str]]) -> Redactor:
        """One that masks these too; itself when it already does."""
        more = frozenset(secrets)
        return self if more <= self._secrets else Redactor(self._secrets | more)

    def text(self, text: str) -> str:
        """The same text with every value masked; overlapping finds become one mask, so that no tail of a value is left over."""
        found = sorted(span for form in self._forms for span in form.spans(text))
        if not found:
            return text
        pieces: list[str] = []
        end = 0
        for start, stop, mask in found:
            if start >= end:
                pieces += (text[end:start], mask)
            end = max(end, stop)
        pieces.append(text[end:])
        return "".join(pieces)

    def value(self, value: Json) -> Json:
        """The same JSON with every string, key and number masked that holds a value; the very same object when none does."""
        if not self._forms:
            return value
        if isinstance(value, str):
            return self.text(value)
        # One search through the whole text is many times cheaper than one through each of its strings.
        whole = json.dumps(value, ensure_ascii=False)
        if not any(needle in whole for needle in self._needles):
            return value
        return self._masked(value)

    def _masked(self, value: Json) -> Json:
        match value:
            case None | bool():
                return value
            case str():
                return self.text(value)
            case int() | float():
                masked = self.text(json.dumps(value))
                return value if masked == json.dumps(value) else masked
            case list():
                return [self._masked(item) for item in value]
            case dict():
                result: dict[str, Json] = {}
                for key, item in value.items():
                    name = masked_key = self.text(key)
                    number = 2
                    while name in result:
                        name, number = f"{masked_key} ({number})", number + 1
                    result[name] = self._masked(item)
                return result


@dataclass(frozen=True, slots=True)
class _Form:
    """One text that a secret may appear as. A base64 form leaves out the characters it shares with its neighbours: they are masked too."""

    text: str
    mask: str
    shares_left: bool = False
    shares_right: bool = False

    def spans(self, text: str) -> Iterator[tuple[int, int, str]]:
        at = text.find(self.text)
        while at >= 0:
            start, stop = at, at + len(self.text)
            while 0 < (again := text.find(self.text, at + 1)) < stop:
                at, stop = again, again + len(self.text)
            at = again
            if self.shares_left and start > 0 and text[start - 1] in _BASE64_ALPHABET:
                start -= 1
            if self.shares_right and stop < len(text) and text[stop] in _BASE64_ALPHABET:
                stop += 1
            yield start, stop, self.mask


def _forms_of(secrets: Iterable[tuple[str, str]]) -> list[_Form]:
    """Every form of every secret, each text once."""
    forms: dict[str, _Form] = {}
    for name, value in sorted(secrets):
        mask = f"•••{name}•••"
        for raw in (value, value.strip()):
            if len(raw) < MIN_SECRET_LENGTH:
                continue
            for text in _plain_forms(raw):
                forms.setdefault(text, _Form(text, mask))
            for form in _base64_forms(raw.encode("utf-8", "surrogatepass"), mask):
                forms.setdefault(form.text, form)
    return list(forms.values())


def _plain_forms(raw: str) -> Iterator[str]:
    data = raw.encode("utf-8", "surrogatepass")
    yield raw
    yield data.hex()
    yield data.hex().upper()
    for text in (quote_plus(data), *(quote(data, safe=safe) for safe in _URL_SAFE_SETS)):
        yield text
        yield _PERCENT_DIGITS.sub(lambda digits: digits[0].lower(), text)
    yield repr(raw)[1:-1]
    for text in (json.dumps(raw)[1:-1], json.dumps(raw, ensure_ascii=False)[1:-1]):
        yield text
        yield _ESCAPE_DIGITS.sub(lambda digits: digits[0].upper(), text)
        yield text.replace("/", "\\/")
        yield text.translate(_HTML_SAFE)
        yield text.translate(_HTML_SAFE_QUOTES)
        yield json.dumps(text, ensure_ascii=False)[1:-1]  # JSON inside a JSON string, as logs of request bodies have it


def _base64_forms(data: bytes, mask: str) -> Iterator[_Form]:
    """What of its base64 depends on the secret alone, for each number of bytes (0 to 2) that may stand before it in a group of three."""
    for shift in range(3):
        bits = 8 * (shift + len(data))
        encoded = base64.b64encode(bytes(shift) + data).decode()
        core = encoded[-(-8 * shift // 6) : bits // 6]
        for text in (core, core.replace("+", "-").replace("/", "_"), quote(core, safe=""), core.replace("/", "\\/")):
            yield _Form(text, mask, shares_left=shift > 0, shares_right=bits % 6 != 0)
