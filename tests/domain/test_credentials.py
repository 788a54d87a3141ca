from __future__ import annotations

import base64
import html
import json
import random
import re
import string
from collections.abc import Callable
from urllib.parse import quote, quote_plus, urlencode

import orjson
import pytest

from app.domain.credentials import Redactor, SecretNameInvalid, SecretRefused, check_secret_name, check_secret_value
from app.domain.json_value import Json

PLAIN = "sk-live-4eC39HqLyjWDarjtT1zdp7dc"
HARD = "p/ä ss\"w\\ör<d>&'+=?\n%{}日\x1f~"
VALUES = [PLAIN, HARD, "123456", "-----BEGIN KEY-----\nMIIEvAIBADANBg\nkq=\n-----END KEY-----\n", "😀😀😀😀😀😀", "abcabcabc"]


@pytest.mark.parametrize("name", ["A", "_", "OPENAI_API_KEY", "a1", "_9"])
def test_a_name_is_what_a_template_can_say(name: str) -> None:
    assert check_secret_name(name) == name


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A B", "A.B", "Ä", "A\n", "A" * 256, "secrets.A", "{{A}}"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(SecretNameInvalid, match="letters, digits and _"):
        check_secret_name(name)


@pytest.mark.parametrize("value", ["123456", PLAIN, HARD, "x" * 65_536])
def test_a_value_of_six_characters_is_accepted(value: str) -> None:
    assert check_secret_value(value) == value


@pytest.mark.parametrize("value", ["", "12345", "     \n ", " 12345 ", "123456\0", "123456\ud800", "x" * 65_537])
def test_a_value_that_could_not_be_masked_or_stored_is_refused_without_telling_it(value: str) -> None:
    with pytest.raises(SecretRefused) as caught:
        check_secret_value(value)
    assert not value.strip() or value.strip() not in str(caught.value)


# Redaction

FORMS: dict[str, Callable[[str], str]] = {
    "as it is": lambda value: value,
    "hex": lambda value: value.encode().hex(),
    "HEX": lambda value: value.encode().hex().upper(),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64 url": lambda value: base64.urlsafe_b64encode(value.encode()).decode(),
    "base64 without padding": lambda value: base64.b64encode(value.encode()).decode().rstrip("="),
    "base64 after one byte": lambda value: base64.b64encode(b"u" + value.encode() + b":").decode(),
    "base64 after two bytes": lambda value: base64.b64encode(b"u:" + value.encode() + b"::").decode(),
    "base64 of user and password": lambda value: base64.b64encode(b"user:" + value.encode()).decode(),
    "base64 url inside a token": lambda value: base64.urlsafe_b64encode(json.dumps({"key": value}, ensure_ascii=False).encode()).decode(),
    "base64 in a URL": lambda value: quote(base64.b64encode(value.encode()).decode(), safe=""),
    "percent": lambda value: quote(value, safe=""),
    "percent in lower case": lambda value: re.sub("%[0-9A-F]{2}", lambda code: code[0].lower(), quote(value, safe="")),
    "a path": lambda value: quote(value),
    "a form": lambda value: quote_plus(value),
    "a query": lambda value: urlencode({"q": value}),
    "JavaScript": lambda value: quote(value, safe="!*'()"),
    "JSON": lambda value: json.dumps({"a": value}),
    "JSON in UTF-8": lambda value: json.dumps({"a": value}, ensure_ascii=False),
    "JSON by orjson": lambda value: orjson.dumps({"a": value}).decode(),
    "JSON in JSON": lambda value: json.dumps({"body": json.dumps({"a": value})}),
    "JSON with slashes escaped": lambda value: json.dumps(value).replace("/", "\\/"),
    "JSON as Go writes it": lambda value: (
        json.dumps(value, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    ),
    "Python": lambda value: repr({"a": value}),
    "an exception": lambda value: repr(ValueError(f"bad key {value}")),
}
# Two escapes on top of each other are told apart in the plain case only.
NESTED = {"base64 url inside a token"}


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("form", FORMS)
def test_a_value_is_masked_in_every_form(form: str, value: str) -> None:
    if form in NESTED and value != PLAIN:
        return
    redactor = Redactor([("API_KEY", value)])
    written = FORMS[form](value)
    masked = redactor.text(f"before {written} after")
    assert "•••API_KEY•••" in masked and masked.startswith("before ") and masked.endswith(" after")
    assert written not in masked and value not in masked


@pytest.mark.parametrize("before", range(7))
@pytest.mark.parametrize("after", range(4))
def test_base64_of_a_longer_text_is_masked_wherever_the_value_stands_in_it(before: int, after: int) -> None:
    redactor = Redactor([("K", PLAIN)])
    text = b"\xff" * before + PLAIN.encode() + b"\xfe" * after
    masked = redactor.text(base64.b64encode(text).decode())
    kept = masked.split("•••K•••")
    assert len(kept) == 2
    # What is left over holds nothing of the value: at most the neighbours' own characters.
    assert len(kept[0]) <= before * 8 // 6 and len(kept[1].rstrip("=")) <= -(-after * 8 // 6)


def test_nothing_is_masked_that_is_no_secret() -> None:
    redactor = Redactor([("K", PLAIN)])
    text = "sk-live-4eC39HqLyjWDarjtT1zdp7d " + base64.b64encode(b"harmless text").decode() + ' {"a": [1, 2.5, null]}'
    assert redactor.text(text) == text


def test_values_that_overlap_leave_no_tail() -> None:
    redactor = Redactor([("A", "abcdef"), ("B", "defghi"), ("LONG", "xxabcdefghiyy")])
    assert redactor.text("-abcdefghi-") == "-•••A•••-"
    assert redactor.text("-xxabcdefghiyy-") == "-•••LONG•••-"
    assert redactor.text("abcdef defghi") == "•••A••• •••B•••"


def test_a_value_that_repeats_itself_is_masked_whole() -> None:
    assert Redactor([("K", "abcabcabc")]).text("abcabcabcabcab") == "•••K•••ab"
    assert Redactor([("K", "aaaaaa")]).text("-" + "a" * 10_000 + "-") == "-•••K•••-"


def test_the_same_value_under_two_names_is_masked_once() -> None:
    assert Redactor([("B", PLAIN), ("A", PLAIN)]).text(PLAIN) == "•••A•••"


def test_a_value_is_found_without_the_line_end_it_was_stored_with() -> None:
    assert Redactor([("K", PLAIN + "\n")]).text(f"Bearer {PLAIN}, again") == "Bearer •••K•••, again"


def test_what_is_shorter_than_the_vault_accepts_is_left_alone() -> None:
    redactor = Redactor([("K", ""), ("L", "abc")])
    assert not redactor and redactor.text("abcabc") == "abcabc" and redactor.value({"a": "abc"}) == {"a": "abc"}


def test_json_is_masked_in_values_keys_and_numbers_at_any_depth() -> None:
    redactor = Redactor([("PIN", "123456"), ("KEY", PLAIN)])
    value: Json = {"a": [{"b": f"x {PLAIN}"}, 123456, 0.5, 9123456.25, True, None], PLAIN: 1, f"{PLAIN}": 2, "n": 654321}
    assert redactor.value(value) == {
        "a": [{"b": "x •••KEY•••"}, "•••PIN•••", 0.5, "9•••PIN•••.25", True, None],
        "•••KEY•••": 2,
        "n": 654321,
    }


def test_keys_that_become_equal_stay_apart() -> None:
    redactor = Redactor([("A", PLAIN), ("A", "another-value")])
    assert redactor.value({PLAIN: 1, "another-value": 2}) == {"•••A•••": 1, "•••A••• (2)": 2}


@pytest.mark.parametrize("form", FORMS)
def test_json_that_holds_a_form_inside_a_string_is_found(form: str) -> None:
    value = PLAIN if form in NESTED else HARD
    redactor = Redactor([("K", value)])
    written = FORMS[form](value)
    masked = redactor.value({"log": [written]})
    assert written not in str(masked["log"][0]) and "•••K•••" in masked["log"][0]  # type: ignore[call-overload,index,operator]


def test_json_without_a_secret_is_the_very_same_object() -> None:
    value: Json = {"a": [1, {"b": "text"}], "big": 2**80}
    assert Redactor([("K", PLAIN)]).value(value) is value and Redactor().value(value) is value


def test_a_redactor_grows_and_never_forgets() -> None:
    old = Redactor([("K", "old-value")])
    both = old.including([("K", "new-value")])
    assert both.text("old-value new-value") == "•••K••• •••K•••"
    assert old.text("new-value") == "new-value" and both.including([("K", "old-value")]) is both


def test_a_redactor_does_not_tell_what_it_masks() -> None:
    assert PLAIN not in repr(Redactor([("K", PLAIN)]))


def test_random_values_in_random_places_are_masked_in_every_form() -> None:
    dice = random.Random(20261124)
    alphabet = string.ascii_letters + string.digits + string.punctuation + " äß日😀"
    for _ in range(300):
        value = "".join(dice.choices(alphabet, k=dice.randint(6, 60)))
        if len(value.strip()) < 6:
            continue
        redactor = Redactor([("K", value)])
        for name, form in FORMS.items():
            if name in NESTED:
                continue
            noise = "".join(dice.choices(string.ascii_letters, k=5))
            written = form(value)
            assert written not in redactor.text(f"{noise} {written} {noise}"), (name, value)


def test_html_is_not_promised_but_harmless() -> None:
    redactor = Redactor([("K", "a<b>c&d'e\"f")])
    assert "•••" not in redactor.text(html.escape("harmless <b>"))
