from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_httpserver import HTTPServer

from app.adapters.anthropic import AnthropicAdapter
from app.adapters.egress import Egress
from app.adapters.protocol import Adapter, AdapterFailure, CallContext, LlmReply, LlmRequest, Message, Provider
from app.domain.json_value import Json

Call = Callable[..., CallContext]
ANSWER: dict[str, Json] = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-test-1",
    "content": [{"type": "text", "text": "Hello "}, {"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "Ada"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 12, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 5, "output_tokens": 3},
}


@pytest.fixture
def anthropic(egress: Egress) -> AnthropicAdapter:
    return AnthropicAdapter(egress)


def said(text: str = "Hi", role: str = "user") -> Message:
    return Message(role=role, content=text)  # type: ignore[arg-type]


def serve(httpserver: HTTPServer, answer: Json = ANSWER, status: int = 200, headers: dict[str, str] | None = None) -> str:
    """A server that speaks Anthropic's language; its base URL."""
    httpserver.expect_request("/v1/messages", method="POST").respond_with_json(answer, status, headers)
    return httpserver.url_for("").rstrip("/")


async def complete(anthropic: AnthropicAdapter, base_url: str, context: CallContext, **request: object) -> LlmReply:
    fields: dict[str, Json] = {"base_url": base_url, "api_key": "sk-ant-test"}
    return await anthropic.complete(
        LlmRequest("claude-test", request.pop("messages", [said()]), provider_fields=fields, **request), context
    )  # type: ignore[arg-type]


def seen(httpserver: HTTPServer) -> dict[str, Json]:
    return httpserver.log[-1][0].get_json()  # type: ignore[no-any-return]


async def failure(anthropic: AnthropicAdapter, base_url: str, context: CallContext) -> AdapterFailure:
    with pytest.raises(AdapterFailure) as caught:
        await complete(anthropic, base_url, context)
    return caught.value


def test_it_is_an_adapter_and_a_provider(anthropic: AnthropicAdapter) -> None:
    assert isinstance(anthropic, Adapter) and isinstance(anthropic, Provider)


async def test_an_answer_is_its_texts_and_its_usage_with_the_cache(anthropic: AnthropicAdapter, httpserver: HTTPServer, call: Call) -> None:
    reply = await complete(anthropic, serve(httpserver), call())
    assert reply == LlmReply("Hello Ada", "stop", 117, 3, "claude-test-1", None)


async def test_the_question_is_sent_in_the_providers_words(anthropic: AnthropicAdapter, httpserver: HTTPServer, call: Call) -> None:
    messages = [said("Speak French.", "system"), said("Hi"), said("Salut", "assistant"), said("And?")]
    await complete(anthropic, serve(httpserver), call(), messages=messages, system="Be brief.", temperature=0.0, max_tokens=7, stop=["END"])
    assert seen(httpserver) == {
        "model": "claude-test",
        "system": "Be brief.\n\nSpeak French.",
        "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Salut"}, {"role": "user", "content": "And?"}],
        "temperature": 0.0,
        "max_tokens": 7,
        "stop_sequences": ["END"],
    }
    headers = httpserver.log[-1][0].headers
    assert (headers["x-api-key"], headers["anthropic-version"]) == ("sk-ant-test", "2023-06-01")


async def test_max_tokens_is_always_sent_since_the_api_has_no_default(
    anthropic: AnthropicAdapter, httpserver: HTTPServer, call: Call
) -> None:
    await complete(anthropic, serve(httpserver), call())
    assert set(seen(httpserver)) == {"model", "messages", "max_tokens"} and seen(httpserver)["max_tokens"] == 4096


@pytest.mark.parametrize("tail", ["", "/", "/v1", "/v1/"])
async def test_the_base_url_may_be_written_with_or_without_its_version(
    anthropic: AnthropicAdapter, httpserver: HTTPServer, call: Call, tail: str
) -> None:
    assert (await complete(anthropic, serve(httpserver) + tail, call())).text == "Hello Ada"


async def test_json_is_asked_for_in_words_with_the_schema(anthropic: AnthropicAdapter, httpserver: HTTPServer, call: Call) -> None:
    fenced: Json = {**ANSWER, "content": [{"type": "text", "text": '```json\n{"a": 1}\n```'}]}
    schema = {"type": "object", "required": ["a"]}
    reply = await complete(anthropic, serve(httpserver, fenced), call(), system="Be brief.", response_format="json", output_schema=schema)
    system = str(seen(httpserver)["system"])
    assert system.startswith("Be brief.") and '{"type":"object","required":["a"]}' in system and reply.text == '{"a": 1}'


@pytest.mark.parametrize(
    ("told", "means"),
    [("end_turn", "stop"), ("stop_sequence", "stop"), ("max_tokens", "length"), ("model_context_window_exceeded", "length")]
    + [("tool_use", "tool_calls"), ("refusal", "content_filter"), ("pause_turn", "other"), (None, "other")],
)
async def test_stop_reasons_are_told_in_common_words(
    anthropic: AnthropicAdapter, httpserver: HTTPServer, call: Call, told: Json, means: str
) -> None:
    assert (await complete(anthropic, serve(httpserver, {**ANSWER, "stop_reason": told}), call())).finish_reason == means


@pytest.mark.parametrize(
    ("status", "kind", "type", "retryable"),
    [
        (400, "invalid_request_error", "HttpError", False),
        (401, "authentication_error", "AuthenticationError", False),
        (403, "permission_error", "AuthenticationError", False),
        (404, "not_found_error", "HttpError", False),
        (413, "request_too_large", "HttpError", False),
        (429, "rate_limit_error", "RateLimited", True),
        (500, "api_error", "HttpError", True),
        (529, "overloaded_error", "HttpError", True),
    ],
)
async def test_errors_keep_the_providers_message_and_what_it_asks_to_wait(
    anthropic: AnthropicAdapter, httpserver: HTTPServer, call: Call, status: int, kind: str, type: str, retryable: bool
) -> None:
    error: Json = {"type": "error", "error": {"type": kind, "message": "This is why."}}
    found = await failure(anthropic, serve(httpserver, error, status, {"retry-after": "3", "request-id": "req_7"}), call())
    assert (found.type, found.retryable) == (type, retryable) and "This is why." in found.message
    assert found.retry_after_s == (None if type == "AuthenticationError" else 3.0)
    assert found.details == {"status_code": status, "provider": "127.0.0.1", "code": kind, "request_id": "req_7"}
    assert "sk-ant-test" not in found.message + str(found.details)


@pytest.mark.parametrize("body", ["<html>busy</html>", "", '{"content": [', "[]", "{}", '{"content": "text"}'])
async def test_an_answer_that_is_none_is_told_as_such(anthropic: AnthropicAdapter, httpserver: HTTPServer, call: Call, body: str) -> None:
    httpserver.expect_request("/v1/messages").respond_with_data(body, content_type="application/json")
    found = await failure(anthropic, httpserver.url_for(""), call())
    assert found.type == "AdapterError" and found.retryable and "base_url" in found.message


async def test_tools_are_refused_rather_than_left_out(anthropic: AnthropicAdapter, httpserver: HTTPServer, call: Call) -> None:
    with pytest.raises(AdapterFailure, match="tools"):
        await complete(anthropic, serve(httpserver), call(), tools=[{"name": "search"}])
    assert httpserver.log == []


async def test_as_a_tool_it_takes_the_same_fields(anthropic: AnthropicAdapter, httpserver: HTTPServer, call: Call) -> None:
    output = await anthropic.run({"model": "claude-test", "prompt": "Hi", "base_url": serve(httpserver), "api_key": "k"}, call())
    assert isinstance(output, dict) and (output["text"], output["json"], output["finish_reason"]) == ("Hello Ada", None, "stop")
