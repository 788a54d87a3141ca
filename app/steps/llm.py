"""LLM: a question to a language model, through whichever provider answers it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import cast

from app.adapters.protocol import CallContext, LlmReply, LlmRequest, Message, Provider
from app.domain.catalog import Config, StepType
from app.domain.json_schema import SchemaChecker
from app.domain.json_value import Json, JsonRejected, loads
from app.domain.step_configs import LlmConfig
from app.engine.ports import StepContext, StepFailed, StepReturn
from app.steps.tool import AdapterShelf, taken

MOST_REPAIRS = 2
_FENCED = re.compile(r"\A\s*```[a-zA-Z]*\s*\n(.*?)\n?```\s*\Z", re.DOTALL)


def _summary(config: Config) -> str:
    return str(config.get("model") or config.get("provider") or "")


LLM = StepType(
    type="llm",
    title="Prompt model",
    category="ai",
    icon="sparkles",
    description="Text or JSON out",
    config_model=LlmConfig,
    default_config={"provider": "mock", "model": "mock-1", "prompt": "{{ $ }}"},
    secrets_allowed=True,
    summary=_summary,
)


@dataclass
class _Usage:
    """Tokens and cost over all that was asked; unknown stays unknown."""

    input_tokens: int | None = 0
    output_tokens: int | None = 0
    cost_usd: float | None = 0.0

    def add(self, reply: LlmReply) -> None:
        self.input_tokens = _sum(self.input_tokens, reply.input_tokens)
        self.output_tokens = _sum(self.output_tokens, reply.output_tokens)
        self.cost_usd = None if self.cost_usd is None or reply.cost_usd is None else self.cost_usd + reply.cost_usd

    def to_json(self) -> dict[str, Json]:
        return {"input_tokens": self.input_tokens, "output_tokens": self.output_tokens, "cost_usd": self.cost_usd}


def _sum(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else a + b


@dataclass(frozen=True, slots=True)
class LlmRunner:
    shelf: AdapterShelf
    schemas: SchemaChecker
    mask: Callable[[str], str]

    async def run(self, context: StepContext) -> StepReturn:
        config = LlmConfig.model_validate(context.config)
        found = await taken(self.shelf, context, config.provider)
        if not isinstance(found.adapter, Provider):
            raise StepFailed("AdapterError", f"The adapter “{config.provider}” does not answer prompts.", retryable=False)
        request = _request(config)
        call = CallContext.of(context, allow=found.allow, mask=self.mask)
        usage = _Usage()
        wants_json = config.response_format == "json" or config.output_schema is not None
        for repair in range(MOST_REPAIRS + 1):
            reply = await found.adapter.complete(request, call)
            usage.add(reply)
            value, fault = self._read(reply.text, config) if wants_json else (None, None)
            if fault is None:
                return _answer(reply, value, usage)
            if repair < MOST_REPAIRS:
                request = _again(request, reply, fault)
        raise StepFailed(
            "OutputSchemaError",
            f"{context.name}: the model's answer {fault}",
            retryable=True,
            details={"text": self.mask(reply.text)[:4000]},
        )

    def _read(self, text: str, config: LlmConfig) -> tuple[Json, str | None]:
        """The JSON of an answer, and what is wrong with it."""
        fenced = _FENCED.match(text)
        try:
            value = loads(fenced.group(1) if fenced else text)
        except JsonRejected:
            return None, "is not JSON."
        reasons = self.schemas.check(cast(Json, config.output_schema), value) if config.output_schema is not None else []
        return value, f"does not fit the output schema: {'; '.join(reasons[:3])}" if reasons else None


def _request(config: LlmConfig) -> LlmRequest:
    messages = list(config.messages or [])
    if config.prompt is not None:
        messages.append(Message(role="user", content=config.prompt))
    return LlmRequest(
        model=config.model,
        messages=tuple(messages),
        system=config.system,
        temperature=config.temperature,
        max_tokens=config.max_tokens,
        stop=tuple(config.stop or ()),
        response_format="json" if config.output_schema is not None else config.response_format,
        output_schema=cast("Mapping[str, Json] | None", config.output_schema),
        tools=tuple(config.tools or ()),
        provider_fields=cast("Mapping[str, Json]", config.model_extra or {}),
    )


def _again(request: LlmRequest, reply: LlmReply, fault: str) -> LlmRequest:
    """The same question with the answer and what was wrong with it."""
    repair = f"Your answer {fault} Answer again, with nothing but JSON that fits."
    return replace(
        request,
        messages=(*request.messages, Message(role="assistant", content=reply.text), Message(role="user", content=repair)),
    )


def _answer(reply: LlmReply, value: Json, usage: _Usage) -> StepReturn:
    output: Json = {
        "text": reply.text,
        "json": value,
        "model": reply.model,
        "finish_reason": reply.finish_reason,
        "usage": usage.to_json(),
    }
    return StepReturn(output, usage={**usage.to_json(), "model": reply.model})
