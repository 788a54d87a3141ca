"""The `openai` adapter: the chat completions of OpenAI and of the many servers that speak its language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

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

BASE_URL = "https://api.openai.com/v1"

_FINISH: Mapping[str, FinishReason] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}


class OpenAiFields(ProviderFields):
    organisation: Annotated[str | None, Field(max_length=255, title="Organisation")] = None
    project: Annotated[str | None, Field(max_length=255, title="Project")] = None


class OpenAiConfig(Question, OpenAiFields):
    pass


class OpenAiAdapter:
    type = AdapterType(
        id="openai",
        title="OpenAI",
        category="ai",
        icon="sparkles",
        description="Asks a model of OpenAI, or of any compatible server by its base URL.",
        config_model=OpenAiConfig,
        provider_model=OpenAiFields,
        output_schema=OUTPUT_SCHEMA,
        defaults=usual_key("{{ secrets.OPENAI_API_KEY }}"),
        belongs_to=KEY_OF_SERVER,
        models=("gpt-5", "gpt-5-mini", "gpt-5-nano", "gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini", "o3", "o4-mini"),
    )

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    async def run(self, config: Mapping[str, Json], context: CallContext) -> Json:
        question = parsed(OpenAiConfig, config, adapter="openai")
        return as_output(await self.complete(question.as_request(), context), question.response_format)

    async def complete(self, request: LlmRequest, context: CallContext) -> LlmReply:
        refuse_tools(request, "openai")
        fields = parsed(OpenAiFields, request.provider_fields, adapter="openai")
        base_url = (fields.base_url or BASE_URL).rstrip("/")
        server = server_name(base_url, BASE_URL, "OpenAI")
        headers = [("Authorization", f"Bearer {fields.api_key}")] if fields.api_key else []
        headers += [("OpenAI-Organization", fields.organisation)] if fields.organisation else []
        headers += [("OpenAI-Project", fields.project)] if fields.project else []
        body = _body(request, own_server=base_url == BASE_URL)
        answer, reply = await ask(
            self._egress,
            f"{base_url}/chat/completions",
            body,
            headers=headers,
            provider=server,
            context=context,
        )
        choices = answer.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        message = choice.get("message") if isinstance(choice, dict) else None
        if not isinstance(choice, dict) or not isinstance(message, dict):
            raise unreadable(server, "It holds no choice with a message.", reply, context)
        refusal = message.get("refusal")
        content = message.get("content") or refusal or ""
        text = content if isinstance(content, str) else ""
        usage = answer.get("usage")
        return LlmReply(
            unfenced(text) if request.response_format == "json" else text,
            "content_filter" if refusal else _FINISH.get(str(choice.get("finish_reason")), "other"),
            count(usage, "prompt_tokens"),
            count(usage, "completion_tokens"),
            str(answer.get("model") or request.model),
        )


def _body(request: LlmRequest, *, own_server: bool) -> Json:
    messages: list[Json] = [{"role": message.role, "content": message.content} for message in request.messages]
    system = request.system
    if request.response_format == "json" and request.output_schema is None and not _speaks_of_json(request):
        # json_object is refused unless the word stands in the conversation.
        system = "\n\n".join(part for part in (system, json_instruction(None)) if part)
    if system is not None:
        messages.insert(0, {"role": "system", "content": system})
    body: dict[str, Json] = {"model": request.model, "messages": messages}
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.max_tokens is not None:
        # OpenAI's newer models refuse the old name, and other servers do not know the new one.
        body["max_completion_tokens" if own_server else "max_tokens"] = request.max_tokens
    if request.stop:
        body["stop"] = list(request.stop)
    if request.response_format == "json":
        body["response_format"] = (
            {"type": "json_object"}
            if request.output_schema is None
            else {"type": "json_schema", "json_schema": {"name": "answer", "schema": dict(request.output_schema)}}
        )
    return body


def _speaks_of_json(request: LlmRequest) -> bool:
    return any("json" in text.lower() for text in (request.system or "", *(message.content for message in request.messages)))
