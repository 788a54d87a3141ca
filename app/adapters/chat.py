"""What chat providers share: the fields of a question, the shape of an answer, and what an HTTP error of theirs means."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.adapters.exchange import HttpReply, HttpRequest, is_retryable_status, retry_after_s
from app.adapters.protocol import AdapterFailure, CallContext, LlmReply, LlmRequest
from app.domain.catalog import Config
from app.domain.json_value import Json, JsonRejected, dumps, dumps_bytes, loads
from app.domain.step_configs import Message

if TYPE_CHECKING:
    from app.adapters.egress import Egress

ANSWER_TIMEOUT_S = 300.0
"""A model may think for minutes before the first byte; the step's `timeout_ms` says otherwise."""

_FENCED = re.compile(r"\s*```[A-Za-z0-9]*\s*\n(?P<inside>.*)\n\s*```\s*", re.DOTALL)
_MESSAGE_CHARS = 500


class ProviderFields(BaseModel):
    """What an llm step may carry besides its own fields when it asks a server of this kind."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    base_url: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=2_000,
            title="Base URL",
            description="Another server that speaks the same language; empty: the provider's own.",
        ),
    ] = None
    api_key: Annotated[
        str | None,
        Field(
            max_length=10_000,
            title="API key",
            description="Best a secret: {{ secrets.NAME }}. Left out, the provider's usual one; another server gets none.",
        ),
    ] = None


class Question(BaseModel):
    """What a tool step asks: an llm step's own fields, for those who call a provider as an adapter, per item of a map for instance."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    model: Annotated[str, Field(min_length=1, max_length=255, title="Model")]
    system: Annotated[str | None, Field(title="System")] = None
    prompt: Annotated[str | None, Field(title="Prompt")] = None
    messages: Annotated[list[Message] | None, Field(title="Messages")] = None
    temperature: Annotated[float | None, Field(ge=0, le=2, title="Temperature")] = None
    max_tokens: Annotated[int | None, Field(ge=1, le=10_000_000, title="Max tokens")] = None
    stop: Annotated[list[str] | None, Field(title="Stop")] = None
    response_format: Annotated[Literal["text", "json"], Field(title="Response format")] = "text"

    @model_validator(mode="after")
    def _asks_something(self) -> Question:
        if self.prompt is None and not self.messages:
            raise ValueError("a prompt or messages are needed")
        return self

    def as_request(self) -> LlmRequest:
        """The prompt, where there is one, is the last thing said."""
        said = [*(self.messages or []), *([] if self.prompt is None else [Message(role="user", content=self.prompt)])]
        fields = {name: getattr(self, name) for name in self.model_fields_set - set(Question.model_fields)}
        return LlmRequest(
            self.model,
            said,
            system=self.system,
            temperature=self.temperature,
            max_tokens=self.max_tokens,
            stop=self.stop or (),
            response_format=self.response_format,
            provider_fields=fields,
        )


def usual_key(template: str) -> Callable[[Config], Config]:
    """The key of the provider's own server, for a step that names neither a key nor another server.

    Another server gets no key unasked: it might not be trusted with it, and a local one needs none.
    """
    return lambda config: {} if "api_key" in config or config.get("base_url") is not None else {"api_key": template}


KEY_OF_SERVER = {"api_key": "base_url"}
"""What a tenant set as the key of its usual server is not sent to another one that a step names."""

OUTPUT_SCHEMA: Json = {
    "type": "object",
    "required": ["text", "json", "model", "finish_reason", "usage"],
    "properties": {
        "text": {"type": "string"},
        "json": {"description": "The text as JSON, when JSON was asked for; else null."},
        "model": {"type": "string"},
        "finish_reason": {"enum": ["stop", "length", "tool_calls", "content_filter", "other"]},
        "usage": {
            "type": "object",
            "properties": {
                "input_tokens": {"type": ["integer", "null"]},
                "output_tokens": {"type": ["integer", "null"]},
                "cost_usd": {"type": ["number", "null"]},
            },
        },
    },
}


def as_output(reply: LlmReply, response_format: str) -> Json:
    """A reply as a tool step's output.

    Raises:
        AdapterFailure: JSON was asked for and something else came (OutputSchemaError).
    """
    value: Json = None
    if response_format == "json":
        try:
            value = loads(reply.text)
        except JsonRejected as error:
            raise AdapterFailure(
                "OutputSchemaError",
                f"The model was asked for JSON and answered something else. {error}",
                details={"finish_reason": reply.finish_reason},
            ) from None
    usage: Json = {"input_tokens": reply.input_tokens, "output_tokens": reply.output_tokens, "cost_usd": reply.cost_usd}
    return {"text": reply.text, "json": value, "model": reply.model, "finish_reason": reply.finish_reason, "usage": usage}


async def ask(
    egress: Egress, url: str, body: Json, *, headers: list[tuple[str, str]], provider: str, context: CallContext
) -> tuple[dict[str, Json], HttpReply]:
    """Post a question; the answer's JSON object.

    Raises:
        AdapterFailure: RateLimited, AuthenticationError, HttpError with the provider's own message, AdapterError for what is no answer.
    """
    reply = await egress.send(
        HttpRequest(
            "POST",
            url,
            headers=[("Content-Type", "application/json"), ("Accept", "application/json"), *headers],
            body=dumps_bytes(body),
            timeout_s=context.timeout_s or ANSWER_TIMEOUT_S,
            allow=context.allow,
        )
    )
    if reply.status_code >= 400:
        raise _failure(reply, provider, context)
    try:
        answer = loads(reply.body)
    except JsonRejected as error:
        raise unreadable(provider, str(error), reply, context) from None
    if reply.status_code >= 300 or not isinstance(answer, dict):
        raise unreadable(provider, "", reply, context)
    return answer, reply


def unreadable(provider: str, reason: str, reply: HttpReply, context: CallContext) -> AdapterFailure:
    """A success that holds no answer: a proxy's page, a server that speaks another language."""
    return AdapterFailure(
        "AdapterError",
        f"{provider} answered {reply.status_code}, but not in its own language; check base_url. {reason}".strip(),
        details={"status_code": reply.status_code, "body": reply.excerpt(context.mask)},
    )


def server_name(base_url: str, own: str, name: str) -> str:
    """How errors call the server: by the provider's name, or by its host, never by a URL that may hold a password."""
    try:
        return name if base_url == own else urlsplit(base_url).hostname or "The server"
    except ValueError:
        return "The server"


def unfenced(text: str) -> str:
    """JSON without the code fence that models like to put around it."""
    fenced = _FENCED.fullmatch(text)
    return fenced["inside"].strip() if fenced else text


def json_instruction(schema: Mapping[str, Json] | None) -> str:
    """What a model is told that has no switch for JSON."""
    fitting = "" if schema is None else f" that fits this JSON Schema: {dumps(dict(schema))}"
    return f"Answer with one JSON value{fitting} and with nothing else: no explanation, no code fence."


def refuse_tools(request: LlmRequest, provider: str) -> None:
    """Fail rather than ask without the tools that the step relies on."""
    if request.tools:
        raise AdapterFailure(
            "ValidationError", f"The {provider} adapter does not offer tools to the model; leave `tools` out.", retryable=False
        )


def count(usage: Json, *names: str) -> int | None:
    """The sum of those counters that a server tells; None when it tells none."""
    told = [usage[name] for name in names if isinstance(usage.get(name), int)] if isinstance(usage, dict) else []
    return sum(value for value in told if isinstance(value, int)) if told else None


def _failure(reply: HttpReply, provider: str, context: CallContext) -> AdapterFailure:
    message, kind = _told(reply)
    said = f": {context.mask(message)[:_MESSAGE_CHARS].rstrip('.')}." if message else "."
    details: dict[str, Json] = {"status_code": reply.status_code, "provider": provider}
    if kind:
        details["code"] = kind
    if request_id := reply.header("x-request-id") or reply.header("request-id"):
        details["request_id"] = request_id
    if not message:
        details["body"] = reply.excerpt(context.mask)
    match reply.status_code:
        case 401 | 403:
            return AdapterFailure("AuthenticationError", f"{provider} did not accept the API key{said}", retryable=False, details=details)
        case 429:
            # An empty account answers 429 as well, and waiting does not fill it.
            return AdapterFailure(
                "RateLimited",
                f"{provider} takes no more requests just now{said}",
                retryable=kind != "insufficient_quota",
                details=details,
                retry_after_s=retry_after_s(reply),
            )
        case status:
            return AdapterFailure(
                "HttpError",
                f"{provider} answered {status}{said}",
                retryable=is_retryable_status(status),
                details=details,
                retry_after_s=retry_after_s(reply),
            )


def _told(reply: HttpReply) -> tuple[str, str]:
    """The provider's own message and its name for the error. Compatible servers put them in several places."""
    try:
        body = loads(reply.body)
    except JsonRejected:
        return "", ""
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, str):
        return error, ""
    if not isinstance(error, dict):
        return "", ""
    message = error.get("message") or error.get("detail")
    kind = error.get("code") or error.get("type")
    return message if isinstance(message, str) else "", kind if isinstance(kind, str) else ""
