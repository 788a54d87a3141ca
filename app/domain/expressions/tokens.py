"""Text into tokens: the words of CEL, plus `$` as a name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from app.domain.expressions.errors import ExpressionInvalid

TokenKind = Literal["name", "number", "text", "sign", "end"]
MAX_NUMBER_CHARS = 64

_BLANK = re.compile(r"(?:[ \t\r\n\f]+|//[^\r\n]*)+")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+[uU]?|(?:\d+\.\d+|\.\d+|\d+)(?:[eE][+-]?\d+)?[uU]?")
_NAME = re.compile(r"[^\W\d]\w*|\$")
_SIGN = re.compile(r"&&|\|\||[<>=!]=|[-+*/%<>!?:.,()\[\]{}]")
_QUOTE = re.compile(r"""([rRbB]{0,2})('''|\"\"\"|'|\")""")
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPED_AS_IS = frozenset("\\?\"'`")
_CODE_POINT = re.compile(r"[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}")
_PLAIN_RUN = {
    "'": re.compile(r"[^'\\\r\n]+"),
    '"': re.compile(r'[^"\\\r\n]+'),
    "'''": re.compile(r"[^'\\]+"),
    '"""': re.compile(r'[^"\\]+'),
}


@dataclass(frozen=True, slots=True)
class Token:
    """`value` is the number or text a literal stands for; `start` and `end` are offsets in the source."""

    kind: TokenKind
    text: str
    start: int
    end: int
    value: int | float | str | None = None


def next_token(source: str, position: int) -> Token:
    """The token at or after `position`, blanks and comments skipped; at the end a token of kind `end`."""
    if blank := _BLANK.match(source, position):
        position = blank.end()
    if position >= len(source):
        return Token("end", "", position, position)
    if match := _QUOTE.match(source, position):
        return _text_token(source, match)
    if match := _NUMBER.match(source, position):
        return _number_token(source, match)
    if match := _NAME.match(source, position):
        return Token("name", match.group(), position, match.end())
    if match := _SIGN.match(source, position):
        return Token("sign", match.group(), position, match.end())
    raise invalid(f'"{source[position]}" has no meaning here{_advice(source, position)}.', position)


def invalid(message: str, position: int) -> ExpressionInvalid:
    """Why the expression is refused, for what stands at offset `position`."""
    return ExpressionInvalid(message, position + 1)


def _advice(source: str, position: int) -> str:
    pair = source[position : position + 2]
    if pair.startswith("="):
        return "; == compares"
    if pair.startswith("&"):
        return "; && means and"
    if pair.startswith("|"):
        return "; || means or"
    return ""


def _number_token(source: str, match: re.Match[str]) -> Token:
    text, start = match.group(), match.start()
    if len(text) > MAX_NUMBER_CHARS:
        raise invalid(f"A number may have at most {MAX_NUMBER_CHARS} characters.", start)
    if _NAME.match(source, match.end()):
        raise invalid(f'"{text}{source[match.end()]}" is neither a number nor a name.', start)
    return Token("number", text, start, match.end(), _number(text.rstrip("uU"), start))


def _number(text: str, position: int) -> int | float:
    if text[:2] in ("0x", "0X"):
        return int(text, 16)
    if text.isdecimal():
        return int(text)
    value = float(text)
    if value == float("inf"):
        raise invalid(f"The number {text} is too large.", position)
    return value


def _text_token(source: str, opening: re.Match[str]) -> Token:
    prefix, quote = opening.group(1).lower(), opening.group(2)
    start, position = opening.start(), opening.end()
    if "b" in prefix:
        raise invalid("Bytes have no place in JSON; leave the b away to write text.", start)
    if len(prefix) > 1:
        raise invalid(f'"{prefix}" is not a prefix that text can have.', start)
    raw, run, parts = prefix == "r", _PLAIN_RUN[quote], list[str]()
    while not source.startswith(quote, position):
        if match := run.match(source, position):
            parts.append(match.group())
            position = match.end()
        elif position >= len(source) or (source[position] in "\r\n" and len(quote) == 1):
            raise invalid(f"The text that begins here has no closing {quote}.", start)
        elif source[position] == "\\":
            piece, position = _raw_escape(source, position) if raw else _escape(source, position)
            parts.append(piece)
        else:  # a single quote inside a text between three of them
            parts.append(source[position])
            position += 1
    return Token("text", source[start : position + len(quote)], start, position + len(quote), "".join(parts))


def _raw_escape(source: str, position: int) -> tuple[str, int]:
    # In raw text a backslash stands for itself, and the character after it cannot end the text.
    return source[position : position + 2], position + 2


def _escape(source: str, position: int) -> tuple[str, int]:
    letter = source[position + 1 : position + 2]
    if letter in _ESCAPES:
        return _ESCAPES[letter], position + 2
    if letter and letter in _ESCAPED_AS_IS:
        return letter, position + 2
    match = _CODE_POINT.match(source, position + 1)
    if match is None:
        raise invalid(f"\\{letter} is not an escape; a backslash itself is written \\\\.", position)
    digits = match.group()
    code = int(digits, 8) if digits[0].isdigit() else int(digits[1:], 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise invalid(f"\\{digits} is not a character.", position)
    return chr(code), match.end()
