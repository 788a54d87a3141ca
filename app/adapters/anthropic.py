"""The `anthropic` adapter: the Messages API of Anthropic and of servers that speak it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.adapters.chat import (
    KEY_OF_SERVER,
    OUTPUT_SCHEMA,
    ProviderFields,
    Question,
    as_output,
    ask,
    count,
    json_instruction,
    refuse_tools,
    server_name,
    unfenced,
    unreadable,
    usual_key,
)
from app.adapters.protocol import CallContext, FinishReason, LlmReply, LlmRequest, parsed
from app.domain.catalog import AdapterType
from app.domain.json_value import Json

if TYPE_CHECKING:
    from app.adapters.egress import Egress

BASE_URL = "https://api.anthropic.com"
API_VERSION = "2023-06-01"
DEFAULT_MAX_TOKENS = 4096
"""The API has no default; whoever needs longer answers says so in the step."""

_FINISH: Mapping[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


class AnthropicConfig(Question, ProviderFields):
    pass


class AnthropicAdapter:
    type = AdapterType(
        id="anthropic",
        title="Anthropic",
        category="ai",
        icon="brain",
        description="Asks a Claude model.",
        config_model=AnthropicConfig,
        provider_model=ProviderFields,
        output_schema=OUTPUT_SCHEMA,
        defaults=usual_key("{{ secrets.ANTHROPIC_API_KEY }}"),
        belongs_to=KEY_OF_SERVER,
        models=("claude-opus-4-1", "claude-sonnet-4-5", "claude-haiku-4-5", "claude-sonnet-4-0", "claude-3-5-haiku-latest"),
    )

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    async def run(self, config: Mapping[str, Json], context: CallContext) -> Json:
        question = parsed(AnthropicConfig, config, adapter="anthropic")
        return as_output(await self.complete(question.as_request(), context), question.response_format)

    async def complete(self, request: LlmRequest, context: CallContext) -> LlmReply:
        refuse_tools(request, "anthropic")
        fields = parsed(ProviderFields, request.provider_fields, adapter="anthropic")
        # As a base, others write both https://host and https://host/v1.
        base_url = (fields.base_url or BASE_URL).rstrip("/").removesuffix("/v1")
        server = server_name(base_url, BASE_URL, "Anthropic")
        headers = [("anthropic-version", API_VERSION)]
        headers += [("x-api-key", fields.api_key)] if fields.api_key else []
        answer, reply = await ask(
            self._egress,
            f"{base_url}/v1/messages",
            _body(request),
            headers=headers,
            provider=server,
            context=context,
        )
        blocks = answer.get("content")
        if not isinstance(blocks, list):
            raise unreadable(server, "It holds no content.", reply, context)
        text = "".join(str(block.get("text") or "") for block in blocks if isinstance(block, dict) and block.get("type") == "text")
        usage = answer.get("usage")
        return LlmReply(
            unfenced(text) if request.response_format == "json" else text,
            _FINISH.get(str(answer.get("stop_reason")), "other"),
            # What was read from or written to the cache was sent all the same, but is not part of `input_tokens`.
            count(usage, "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"),
            count(usage, "output_tokens"),
            str(answer.get("model") or request.model),
        )


def _body(request: LlmRequest) -> Json:
    """System texts have a place of their own; a system message among the others goes there too."""
    systems = [request.system or "", *(message.content for message in request.messages if message.role == "system")]
    if request.response_format == "json":
        systems.append(json_instruction(request.output_schema))
    body: dict[str, Json] = {
        "model": request.model,
        "max_tokens": request.max_tokens or DEFAULT_MAX_TOKENS,
        "messages": [{"role": message.role, "content": message.content} for message in request.messages if message.role != "system"],
    }
    if system := "\n\n".join(text for text in systems if text):
        body["system"] = system
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.stop:
        body["stop_sequences"] = list(request.stop)
    return body
