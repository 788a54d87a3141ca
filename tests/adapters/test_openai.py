from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_httpserver import HTTPServer

from app.adapters.egress import Egress
from app.adapters.openai import OpenAiAdapter
from app.adapters.protocol import Adapter, AdapterFailure, CallContext, LlmReply, LlmRequest, Message, Provider
from app.domain.json_value import Json

Call = Callable[..., CallContext]
ANSWER: dict[str, Json] = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": "gpt-test-2026-01-01",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello Ada", "refusal": None}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
}


@pytest.fixture
def openai(egress: Egress) -> OpenAiAdapter:
    return OpenAiAdapter(egress)


def said(text: str = "Hi", role: str = "user") -> Message:
    return Message(role=role, content=text)  # type: ignore[arg-type]


def serve(httpserver: HTTPServer, answer: Json = ANSWER, status: int = 200, headers: dict[str, str] | None = None) -> str:
    """A server that speaks OpenAI's language; its base URL."""
    httpserver.expect_request("/v1/chat/completions", method="POST").respond_with_json(answer, status, headers)
    return httpserver.url_for("/v1")


async def complete(openai: OpenAiAdapter, base_url: str, context: CallContext, **request: object) -> LlmReply:
    fields = {"base_url": base_url, "api_key": "sk-test", **request.pop("provider_fields", {})}  # type: ignore[dict-item]
    return await openai.complete(LlmRequest("gpt-test", request.pop("messages", [said()]), provider_fields=fields, **request), context)  # type: ignore[arg-type]


def seen(httpserver: HTTPServer) -> dict[str, Json]:
    return httpserver.log[-1][0].get_json()  # type: ignore[no-any-return]


async def failure(openai: OpenAiAdapter, base_url: str, context: CallContext) -> AdapterFailure:
    with pytest.raises(AdapterFailure) as caught:
        await complete(openai, base_url, context)
    return caught.value


def choice(content: Json, finish: Json = "stop", **message: Json) -> Json:
    return {**ANSWER, "choices": [{"message": {"role": "assistant", "content": content, **message}, "finish_reason": finish}]}


def test_it_is_an_adapter_and_a_provider(openai: OpenAiAdapter) -> None:
    assert isinstance(openai, Adapter) and isinstance(openai, Provider)


async def test_an_answer_comes_back_with_its_usage(openai: OpenAiAdapter, httpserver: HTTPServer, call: Call) -> None:
    reply = await complete(openai, serve(httpserver), call())
    assert reply == LlmReply("Hello Ada", "stop", 12, 3, "gpt-test-2026-01-01", None)


async def test_the_question_is_sent_in_the_providers_words(openai: OpenAiAdapter, httpserver: HTTPServer, call: Call) -> None:
    messages = [said("Hi"), said("Hello", "assistant"), said("And?")]
    await complete(
        openai,
        serve(httpserver) + "/",
        call(),
        messages=messages,
        system="Be brief.",
        temperature=0.0,
        max_tokens=7,
        stop=["END"],
        provider_fields={"organisation": "org-1", "project": "proj-1"},
    )
    assert seen(httpserver) == {
        "model": "gpt-test",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello"},
            {"role": "user", "content": "And?"},
        ],
        "temperature": 0.0,
        "max_tokens": 7,
        "stop": ["END"],
    }
    headers = httpserver.log[-1][0].headers
    assert headers["Authorization"] == "Bearer sk-test" and headers["Content-Type"] == "application/json"
    assert (headers["OpenAI-Organization"], headers["OpenAI-Project"]) == ("org-1", "proj-1")


async def test_what_is_not_said_is_not_sent(openai: OpenAiAdapter, httpserver: HTTPServer, call: Call) -> None:
    await complete(openai, serve(httpserver), call(), provider_fields={"api_key": None})
    assert set(seen(httpserver)) == {"model", "messages"} and "Authorization" not in httpserver.log[-1][0].headers


async def test_json_is_asked_for_and_the_word_stands_in_the_conversation(openai: OpenAiAdapter, httpserver: HTTPServer, call: Call) -> None:
    base_url = serve(httpserver, choice('```json\n{"a": 1}\n```'))
    reply = await complete(openai, base_url, call(), response_format="json")
    body = seen(httpserver)
    assert body["response_format"] == {"type": "json_object"} and "JSON" in str(body["messages"])
    assert reply.text == '{"a": 1}'
    await complete(openai, base_url, call(), response_format="json", messages=[said("As json, please")])
    assert seen(httpserver)["messages"] == [{"role": "user", "content": "As json, please"}]


async def test_a_schema_goes_along(openai: OpenAiAdapter, httpserver: HTTPServer, call: Call) -> None:
    schema = {"type": "object", "required": ["a"]}
    await complete(openai, serve(httpserver), call(), response_format="json", output_schema=schema)
    assert seen(httpserver)["response_format"] == {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


@pytest.mark.parametrize(
    ("told", "means"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("tool_calls", "tool_calls"),
        ("function_call", "tool_calls"),
        ("content_filter", "content_filter"),
    ]
    + [("eos", "other"), (None, "other")],
)
async def test_finish_reasons_are_told_in_common_words(
    openai: OpenAiAdapter, httpserver: HTTPServer, call: Call, told: Json, means: str
) -> None:
    assert (await complete(openai, serve(httpserver, choice("x", told)), call())).finish_reason == means


async def test_a_refusal_is_the_text_and_is_told_as_filtered(openai: OpenAiAdapter, httpserver: HTTPServer, call: Call) -> None:
    reply = await complete(openai, serve(httpserver, choice(None, "stop", refusal="I would rather not.")), call())
    assert (reply.text, reply.finish_reason) == ("I would rather not.", "content_filter")


async def test_a_server_that_does_not_count_has_unknown_usage(openai: OpenAiAdapter, httpserver: HTTPServer, call: Call) -> None:
    answer = {name: value for name, value in ANSWER.items() if name not in {"usage", "model"}}
    reply = await complete(openai, serve(httpserver, answer), call())
    assert (reply.input_tokens, reply.output_tokens, reply.cost_usd, reply.model) == (None, None, None, "gpt-test")


@pytest.mark.parametrize(
    ("status", "type", "retryable"),
    [
        (400, "HttpError", False),
        (401, "AuthenticationError", False),
        (403, "AuthenticationError", False),
        (404, "HttpError", False),
        (408, "HttpError", True),
        (429, "RateLimited", True),
        (500, "HttpError", True),
        (503, "HttpError", True),
    ],
)
async def test_errors_keep_the_providers_message(
    openai: OpenAiAdapter, httpserver: HTTPServer, call: Call, status: int, type: str, retryable: bool
) -> None:
    error: Json = {"error": {"message": "This is why.", "type": "some_error", "param": None, "code": None}}
    found = await failure(openai, serve(httpserver, error, status, {"x-request-id": "req-7"}), call())
    assert (found.type, found.retryable) == (type, retryable) and "This is why." in found.message
    assert found.details == {"status_code": status, "provider": "127.0.0.1", "code": "some_error", "request_id": "req-7"}


async def test_what_the_server_asks_to_wait_is_honoured(openai: OpenAiAdapter, httpserver: HTTPServer, call: Call) -> None:
    error: Json = {"error": {"message": "Slow down", "code": "rate_limit_exceeded"}}
    found = await failure(openai, serve(httpserver, error, 429, {"Retry-After": "20"}), call())
    assert (found.type, found.retryable, found.retry_after_s) == ("RateLimited", True, 20.0)


async def test_the_finer_wait_wins(openai: OpenAiAdapter, httpserver: HTTPServer, call: Call) -> None:
    found = await failure(openai, serve(httpserver, {}, 429, {"Retry-After": "1", "retry-after-ms": "250"}), call())
    assert found.retry_after_s == 0.25


async def test_an_empty_account_is_not_asked_again(openai: OpenAiAdapter, httpserver: HTTPServer, call: Call) -> None:
    error: Json = {"error": {"message": "You exceeded your current quota", "type": "insufficient_quota", "code": "insufficient_quota"}}
    found = await failure(openai, serve(httpserver, error, 429), call())
    assert (found.type, found.retryable) == ("RateLimited", False)


@pytest.mark.parametrize(
    "error",
    [
        {"error": "model not found"},
        {"message": "model not found"},
        {"detail": "model not found"},
        {"error": {"message": "model not found"}},
    ],
)
async def test_messages_of_compatible_servers_are_found(openai: OpenAiAdapter, httpserver: HTTPServer, call: Call, error: Json) -> None:
    assert "model not found" in (await failure(openai, serve(httpserver, error, 404), call())).message


@pytest.mark.parametrize(
    "body", ["<html>busy</html>", "", '{"choices": [', "[]", "{}", '{"choices": []}', '{"choices": [{"text": "old"}]}', '"x"']
)
async def test_an_answer_that_is_none_is_told_as_such(openai: OpenAiAdapter, httpserver: HTTPServer, call: Call, body: str) -> None:
    httpserver.expect_request("/v1/chat/completions").respond_with_data(body, content_type="application/json")
    found = await failure(openai, httpserver.url_for("/v1"), call())
    assert found.type == "AdapterError" and found.retryable and "base_url" in found.message and "127.0.0.1" in found.message


async def test_an_error_page_that_is_no_json_is_kept_as_an_excerpt(openai: OpenAiAdapter, httpserver: HTTPServer, call: Call) -> None:
    httpserver.expect_request("/v1/chat/completions").respond_with_data("<h1>Bad gateway</h1>", 502)
    found = await failure(openai, httpserver.url_for("/v1"), call())
    assert (found.type, found.retryable) == ("HttpError", True) and found.details["body"] == "<h1>Bad gateway</h1>"  # type: ignore[index,call-overload]


async def test_the_key_is_in_no_error(openai: OpenAiAdapter, httpserver: HTTPServer, call: Call) -> None:
    found = await failure(openai, serve(httpserver, {"error": {"message": "no"}}, 401), call())
    assert "sk-test" not in found.message + str(found.details)


async def test_tools_are_refused_rather_than_left_out(openai: OpenAiAdapter, httpserver: HTTPServer, call: Call) -> None:
    with pytest.raises(AdapterFailure, match="tools") as caught:
        await complete(openai, serve(httpserver), call(), tools=[{"name": "search"}])
    assert caught.value.type == "ValidationError" and httpserver.log == []


async def test_the_guard_applies(door: Callable[..., Egress], httpserver: HTTPServer, call: Call) -> None:
    found = await failure(OpenAiAdapter(door()), serve(httpserver), call())
    assert "allow-list" in found.message and httpserver.log == []


async def test_as_a_tool_it_takes_the_same_fields(openai: OpenAiAdapter, httpserver: HTTPServer, call: Call) -> None:
    base_url = serve(httpserver, choice('{"label": "spam"}'))
    config: dict[str, Json] = {
        "model": "gpt-test",
        "prompt": "Label this",
        "response_format": "json",
        "base_url": base_url,
        "api_key": "sk-1",
    }
    assert await openai.run(config, call()) == {
        "text": '{"label": "spam"}',
        "json": {"label": "spam"},
        "model": "gpt-test-2026-01-01",
        "finish_reason": "stop",
        "usage": {"input_tokens": 12, "output_tokens": 3, "cost_usd": None},
    }
    assert httpserver.log[-1][0].headers["Authorization"] == "Bearer sk-1"


async def test_as_a_tool_an_answer_that_is_no_json_fails_when_json_was_asked(
    openai: OpenAiAdapter, httpserver: HTTPServer, call: Call
) -> None:
    config: dict[str, Json] = {"model": "m", "prompt": "x", "response_format": "json", "base_url": serve(httpserver, choice("Sure!"))}
    with pytest.raises(AdapterFailure) as caught:
        await openai.run(config, call())
    assert caught.value.type == "OutputSchemaError"


@pytest.mark.parametrize(
    "config", [{"prompt": "x"}, {"model": "m"}, {"model": "m", "prompt": "x", "temperature": 3}, {"model": "m", "prompt": "x", "base": 1}]
)
async def test_as_a_tool_a_config_that_does_not_fit_is_told(openai: OpenAiAdapter, call: Call, config: dict[str, Json]) -> None:
    with pytest.raises(AdapterFailure) as caught:
        await openai.run(config, call())
    assert caught.value.type == "ValidationError"
