"""The `mock` adapter: answers what it is told to, slowly, in pieces or not at all. Needs no account, no key and no network."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from app.adapters.protocol import AdapterFailure, CallContext, Chunk, LlmReply, LlmRequest, parsed
from app.domain.catalog import AdapterType
from app.domain.json_value import Json, JsonRejected, dumps, loads

_TOKEN = re.compile(r"\w+|[^\w\s]")


class MockConfig(BaseModel):
    """The same switches for a tool step and, beside the llm step's own fields, for an llm step."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    response: Annotated[object, Field(title="Response", description="What it answers; left out, it echoes its input or the prompt.")] = None
    delay_ms: Annotated[int, Field(ge=0, le=86_400_000, title="Delay", description="Before the answer is whole.")] = 0
    error: Annotated[str | None, Field(title="Error", description="Fails with this message.")] = None
    retryable: Annotated[bool, Field(title="Retry helps", description="Whether its failures may be tried again.")] = True
    fail_first_n: Annotated[
        int, Field(ge=0, le=1_000, title="Fail first", description="Fails while the attempt's number is at most this.")
    ] = 0
    chunks: Annotated[
        int | list[str] | None,
        Field(
            title="Chunks",
            description="Streams the answer in so many pieces, or in these: then they are the answer if there is no response.",
        ),
    ] = None


class MockAdapter:
    type = AdapterType(
        id="mock",
        title="Mock",
        category="code",
        icon="flask-conical",
        description="Answers what you tell it to, fails when you want it to. For trying things out.",
        config_model=MockConfig,
        provider_model=MockConfig,
        output_schema={},
        models=("mock-1",),
    )

    async def run(self, config: Mapping[str, Json], context: CallContext) -> Json:
        switches = parsed(MockConfig, config, adapter="mock")
        output = _answer(switches, otherwise=context.input)
        await _take_time(switches, output if isinstance(output, str) else dumps(output), context)
        return output

    async def complete(self, request: LlmRequest, context: CallContext) -> LlmReply:
        switches = parsed(MockConfig, request.provider_fields, adapter="mock")
        prompt = next((message.content for message in reversed(request.messages) if message.role == "user"), "")
        answer = _answer(switches, otherwise=_as_json_text(prompt) if request.response_format == "json" else prompt)
        text = answer if isinstance(answer, str) else dumps(answer)
        await _take_time(switches, text, context)
        asked = "\n".join([request.system or "", *(message.content for message in request.messages)])
        return LlmReply(text, "stop", len(_TOKEN.findall(asked)), len(_TOKEN.findall(text)), request.model, cost_usd=0.0)


def _answer(switches: MockConfig, *, otherwise: Json) -> Json:
    """`response`, where null is an answer too; else the chunks put together; else what it was asked."""
    if "response" in switches.model_fields_set:
        return switches.response  # type: ignore[return-value]  # resolved JSON, which pydantic was told to take as it is
    if isinstance(switches.chunks, list):
        return "".join(switches.chunks)
    return otherwise


def _as_json_text(prompt: str) -> str:
    """The prompt itself if it is JSON, else as a JSON string: an echo that was asked for JSON is JSON."""
    try:
        loads(prompt)
    except JsonRejected:
        return dumps(prompt)
    return prompt


async def _take_time(switches: MockConfig, text: str, context: CallContext) -> None:
    """Stream over the delay, or fail at its end, as failures come in life."""
    pieces = _pieces(text, switches.chunks)
    fails = _failure(switches, context.attempt)
    for piece in pieces:
        await asyncio.sleep(switches.delay_ms / 1000 / len(pieces))
        if fails is None and switches.chunks is not None:
            context.emit(Chunk(piece))
    if fails is not None:
        raise fails


def _failure(switches: MockConfig, attempt: int) -> AdapterFailure | None:
    """With both switches, `error` is what the first n attempts say; alone it is what every attempt says."""
    if switches.fail_first_n:
        if attempt > switches.fail_first_n:
            return None
        message = switches.error or f"The mock fails its first {switches.fail_first_n} attempts; this was number {attempt}."
    elif switches.error is not None:
        message = switches.error or "The mock was told to fail."
    else:
        return None
    return AdapterFailure("AdapterError", message, retryable=switches.retryable, details={"attempt": attempt})


def _pieces(text: str, chunks: int | Sequence[str] | None) -> Sequence[str]:
    """`text` in so many pieces of about one length, at least one; given pieces are taken as they are."""
    if isinstance(chunks, Sequence):
        return chunks or [text]
    count = max(1, min(chunks or 1, len(text)))
    return [text[len(text) * index // count : len(text) * (index + 1) // count] for index in range(count)]
