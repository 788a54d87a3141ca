"""The `http` adapter: one request to any server, through the egress guard."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field, field_validator

from app.adapters.exchange import DEFAULT_REPLY_BYTES, DEFAULT_TIMEOUT_S, HttpReply, HttpRequest, is_retryable_status, retry_after_s
from app.adapters.protocol import AdapterFailure, CallContext, parsed
from app.domain.catalog import AdapterType
from app.domain.json_value import Json, JsonRejected, dumps, dumps_bytes, loads

if TYPE_CHECKING:
    from app.adapters.egress import Egress

_JSON_TYPE = re.compile(r"application/json|.+\+json|text/json")
_TEXT_TYPE = re.compile(
    r"text/.*|.+\+(xml|yaml)|application/(xml|javascript|ecmascript|x-www-form-urlencoded|yaml|x-yaml|x-ndjson|jsonl|graphql|toml|sql)"
)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_CODEC = re.compile(r"(utf|iso8859|cp\d|ascii|latin|koi8|euc|shift_jis|gb|big5|mac|iso2022|tis)", re.IGNORECASE)
"""Python's codecs also hold such things as zlib and punycode: only character sets are taken."""

Scalar = str | int | float | bool | None


class HttpConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    method: Annotated[
        Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"],
        Field(title="Method", description="What is asked of the server."),
    ] = "GET"
    url: Annotated[str, Field(min_length=1, max_length=65_536, title="URL", description="https://…; private hosts need the allow-list.")]
    headers: Annotated[dict[str, Scalar], Field(title="Headers", description="A header that is null is left out.")] = {}
    query: Annotated[
        dict[str, Scalar | list[Scalar]], Field(title="Query", description="Added to the URL; a list repeats its name, null is left out.")
    ] = {}
    body: Annotated[object, Field(title="Body", description="What is sent; null sends nothing.")] = None
    body_type: Annotated[
        Literal["json", "text", "form", "binary", "none"],
        Field(title="Body as", description="binary takes base64, as a text or as the body of an earlier reply."),
    ] = "json"
    follow_redirects: Annotated[bool, Field(title="Follow redirects", description="At most three.")] = True
    max_response_bytes: Annotated[
        int, Field(ge=1, le=64 * 1024 * 1024, title="Largest reply", description="In bytes, decompressed; a larger one is an error.")
    ] = DEFAULT_REPLY_BYTES

    @field_validator("method", mode="before")
    @classmethod
    def _in_capitals(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value


class HttpAdapter:
    type = AdapterType(
        id="http",
        title="HTTP request",
        category="integration",
        icon="globe",
        description="Calls a web address and gives back status, headers and body.",
        config_model=HttpConfig,
        output_schema={
            "type": "object",
            "required": ["status_code", "headers", "body"],
            "properties": {
                "status_code": {"type": "integer"},
                "headers": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Names in lower case."},
                "body": {
                    "description": "JSON as such, text as a string, anything else as {base64, content_type, size_bytes}; null if empty."
                },
            },
        },
    )

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    async def run(self, config: Mapping[str, Json], context: CallContext) -> Json:
        request = _request(parsed(HttpConfig, config, adapter="http"), context)
        reply = await self._egress.send(request)
        if reply.status_code >= 400:
            raise _failure(reply, request, context)
        return {"status_code": reply.status_code, "headers": reply.header_object(), "body": _body_value(reply)}


def _request(config: HttpConfig, context: CallContext) -> HttpRequest:
    content_type, body = _encoded_body(config)
    headers = [(name, _header_text(value)) for name, value in config.headers.items() if value is not None]
    given = {name.lower() for name, _ in headers}
    if content_type and "content-type" not in given:
        headers.append(("Content-Type", content_type))
    if "idempotency-key" not in given:
        headers.append(("Idempotency-Key", context.idempotency_key))
    return HttpRequest(
        config.method,
        config.url.strip(),
        headers=headers,
        query=_pairs(config.query),
        body=body,
        timeout_s=context.timeout_s or DEFAULT_TIMEOUT_S,
        max_reply_bytes=config.max_response_bytes,
        follow_redirects=config.follow_redirects,
        allow=context.allow,
    )


def _encoded_body(config: HttpConfig) -> tuple[str | None, bytes | None]:
    """Content type and bytes."""
    body: Json = config.body  # type: ignore[assignment]  # resolved JSON, which pydantic was told to take as it is
    if body is None or config.body_type == "none":
        return None, None
    match config.body_type:
        case "json":
            return "application/json", dumps_bytes(body)
        case "text":
            return "text/plain; charset=utf-8", (body if isinstance(body, str) else dumps(body)).encode("utf-8", "replace")
        case "form":
            if not isinstance(body, dict):
                raise _unfit("With body_type form the body is an object of fields and values.")
            return "application/x-www-form-urlencoded", urlencode(_pairs(body)).encode()
        case "binary":
            return "application/octet-stream", _from_base64(body)


def _from_base64(body: Json) -> bytes:
    text = body.get("base64") if isinstance(body, dict) else body
    try:
        if isinstance(text, str):
            return base64.b64decode(text, validate=True)
    except binascii.Error:
        pass
    raise _unfit('With body_type binary the body is base64: a text, or an object {"base64": "…"}.')


def _pairs(fields: Mapping[str, object]) -> list[tuple[str, str]]:
    return [
        (name, _header_text(item))
        for name, value in fields.items()
        for item in (value if isinstance(value, list) else [value])
        if item is not None
    ]


def _header_text(value: object) -> str:
    """A string as it is; true, false, numbers and whole objects as JSON writes them."""
    return value if isinstance(value, str) else dumps(value)  # type: ignore[arg-type]


def _unfit(sentence: str) -> AdapterFailure:
    return AdapterFailure("ValidationError", sentence, retryable=False, details={"fields": ["body"]})


def _body_value(reply: HttpReply) -> Json:
    """The body as what its content type says it is."""
    if not reply.body:
        return None
    declared = reply.header("content-type") or ""
    kind = declared.partition(";")[0].strip().lower()
    if _JSON_TYPE.fullmatch(kind):
        try:
            return loads(reply.body)
        except JsonRejected as error:
            raise AdapterFailure(
                "HttpError",
                f"The server says that its reply is JSON, but it cannot be read. {error}",
                details={"status_code": reply.status_code},
            ) from None
    charset = _CHARSET.search(declared)
    if charset or _TEXT_TYPE.fullmatch(kind):
        return reply.body.decode(_codec(charset[1] if charset else "utf-8"), "replace")
    if not kind:
        try:
            return reply.body.decode()
        except UnicodeDecodeError:
            pass
    return {"base64": base64.b64encode(reply.body).decode(), "content_type": kind or None, "size_bytes": len(reply.body)}


def _codec(charset: str) -> str:
    try:
        name = codecs.lookup(charset).name
    except LookupError:
        return "utf-8"
    return name if _CODEC.match(name) else "utf-8"


def _failure(reply: HttpReply, request: HttpRequest, context: CallContext) -> AdapterFailure:
    """Semantics §4: a status of 400 or more is an HttpError, 401 and 429 too; what the server asks to wait is honoured."""
    host = re.sub(r"^[a-z]+://([^/?#]*@)?", "", reply.url, flags=re.IGNORECASE)
    host = re.split(r"[/?#]", host)[0]
    reason = _REASONS.get(reply.status_code)
    return AdapterFailure(
        "HttpError",
        f"{request.method} to {host} answered {reply.status_code}{f' ({reason})' if reason else ''}.",
        retryable=is_retryable_status(reply.status_code),
        details={"status_code": reply.status_code, "headers": reply.header_object(), "body": reply.excerpt(context.mask)},
        retry_after_s=retry_after_s(reply),
    )


_REASONS = {
    400: "bad request",
    401: "not signed in: check the key or token",
    403: "not allowed: check what the key or token may do",
    404: "not found: check the URL",
    405: "this method is not offered",
    408: "the server waited too long for the request",
    409: "conflict",
    413: "the body is too large",
    415: "this body type is not taken: check body_type",
    422: "the server does not take these values",
    429: "too many requests",
    500: "the server failed",
    502: "the server behind it failed",
    503: "the server is not available just now",
    504: "the server behind it did not answer in time",
}
