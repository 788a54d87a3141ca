from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from app.adapters.mock import MockAdapter
from app.adapters.protocol import Adapter, AdapterFailure, CallContext, Chunk, LlmRequest, Message, Provider
from app.domain.json_value import Json

Call = Callable[..., CallContext]
mock = MockAdapter()


def ask(prompt: str = "What is up?", *, response_format: str = "text", **fields: Json) -> LlmRequest:
    said = [Message(role="user", content=prompt)]
    return LlmRequest("m-1", said, system="Be brief.", response_format=response_format, provider_fields=fields)  # type: ignore[arg-type]


def test_it_is_an_adapter_and_a_provider() -> None:
    assert isinstance(mock, Adapter) and isinstance(mock, Provider)


@pytest.mark.parametrize("response", ["text", "", 7, 0, None, True, [1, "a"], {"a": {"b": None}}, 2**80])
async def test_it_answers_what_it_is_told_whatever_that_is(call: Call, response: Json) -> None:
    assert await mock.run({"response": response}, call({"in": 1})) == response


@pytest.mark.parametrize("input", [{"in": 1}, None, [1], "x"])
async def test_without_a_response_it_echoes_its_input(call: Call, input: Json) -> None:
    assert await mock.run({}, call(input)) == input


async def test_an_error_fails_every_attempt_with_that_message(call: Call) -> None:
    for attempt in (1, 2, 50):
        with pytest.raises(AdapterFailure) as caught:
            await mock.run({"error": "boom", "response": 1}, call(attempt=attempt))
        assert (caught.value.type, caught.value.message, caught.value.retryable) == ("AdapterError", "boom", True)


async def test_an_error_may_be_one_that_no_retry_helps(call: Call) -> None:
    with pytest.raises(AdapterFailure) as caught:
        await mock.run({"error": "boom", "retryable": False}, call())
    assert not caught.value.retryable


async def test_it_fails_as_often_as_it_is_told_and_then_answers(call: Call) -> None:
    config: dict[str, Json] = {"fail_first_n": 2, "response": "ok"}
    for attempt in (1, 2):
        with pytest.raises(AdapterFailure, match="fails its first 2 attempts"):
            await mock.run(config, call(attempt=attempt))
    assert await mock.run(config, call(attempt=3)) == "ok"


async def test_with_both_switches_the_error_is_what_the_first_attempts_say(call: Call) -> None:
    config: dict[str, Json] = {"fail_first_n": 1, "error": "busy", "response": "ok"}
    with pytest.raises(AdapterFailure, match="busy"):
        await mock.run(config, call(attempt=1))
    assert await mock.run(config, call(attempt=2)) == "ok"


async def test_a_delay_lets_others_work_and_can_be_cancelled(call: Call) -> None:
    task = asyncio.ensure_future(mock.run({"delay_ms": 3_600_000}, call()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_chunks_stream_the_answer_and_change_nothing_about_it(call: Call) -> None:
    heard: list[Chunk] = []
    context = call(emit=heard.append)
    assert await mock.run({"response": "abcdefg", "chunks": 3, "delay_ms": 3}, context) == "abcdefg"
    assert len(heard) == 3 and "".join(chunk.text for chunk in heard) == "abcdefg"


async def test_given_chunks_are_the_answer_when_there_is_no_response(call: Call) -> None:
    heard: list[Chunk] = []
    reply = await mock.complete(ask(chunks=["Hel", "lo"]), call(emit=heard.append))
    assert reply.text == "Hello" and [chunk.text for chunk in heard] == ["Hel", "lo"]


async def test_more_chunks_than_characters_are_as_many_as_there_are(call: Call) -> None:
    heard: list[Chunk] = []
    await mock.run({"response": "ab", "chunks": 10}, call(emit=heard.append))
    assert [chunk.text for chunk in heard] == ["a", "b"]


async def test_a_failure_streams_nothing(call: Call) -> None:
    heard: list[Chunk] = []
    with pytest.raises(AdapterFailure):
        await mock.run({"response": "ab", "chunks": 2, "error": "boom"}, call(emit=heard.append))
    assert heard == []


@pytest.mark.parametrize("config", [{"delay_ms": -1}, {"fail_first_n": "x"}, {"respons": 1}, {"delay_ms": 1.5}, {"error": 7}])
async def test_a_resolved_value_that_does_not_fit_is_a_validation_error(call: Call, config: dict[str, Json]) -> None:
    with pytest.raises(AdapterFailure) as caught:
        await mock.run(config, call())
    assert caught.value.type == "ValidationError" and not caught.value.retryable and next(iter(config)) in caught.value.message


async def test_what_every_step_may_carry_is_left_alone(call: Call) -> None:
    assert await mock.run({"response": 1, "timeout_ms": 50, "retry": {"max_attempts": 2}}, call()) == 1


async def test_as_a_provider_the_response_is_the_text(call: Call) -> None:
    reply = await mock.complete(ask(response="Hello Ada"), call())
    assert (reply.text, reply.finish_reason, reply.model) == ("Hello Ada", "stop", "m-1")


async def test_as_a_provider_without_a_response_it_echoes_the_prompt(call: Call) -> None:
    assert (await mock.complete(ask("Echo me"), call())).text == "Echo me"


@pytest.mark.parametrize(
    ("response", "text"), [({"a": 1}, '{"a":1}'), ('{"a": 1}', '{"a": 1}'), (None, "null"), ([1, 2], "[1,2]"), (True, "true")]
)
async def test_as_a_provider_a_response_that_is_no_text_is_its_json(call: Call, response: Json, text: str) -> None:
    assert (await mock.complete(ask(response=response, response_format="json"), call())).text == text


@pytest.mark.parametrize(("prompt", "text"), [("plain", '"plain"'), ('{"a": 1}', '{"a": 1}')])
async def test_an_echo_that_was_asked_for_json_is_json(call: Call, prompt: str, text: str) -> None:
    assert (await mock.complete(ask(prompt, response_format="json"), call())).text == text


async def test_as_a_provider_it_fails_by_the_same_switches(call: Call) -> None:
    with pytest.raises(AdapterFailure, match="boom"):
        await mock.complete(ask(error="boom"), call())
    with pytest.raises(AdapterFailure):
        await mock.complete(ask(fail_first_n=1), call(attempt=1))
    assert (await mock.complete(ask(fail_first_n=1, response="ok"), call(attempt=2))).text == "ok"


async def test_usage_is_counted_and_the_same_every_time(call: Call) -> None:
    first = await mock.complete(ask("One two three!", response="four five"), call())
    second = await mock.complete(ask("One two three!", response="four five"), call())
    # system: Be brief .   prompt: One two three !
    assert (first.input_tokens, first.output_tokens, first.cost_usd) == (7, 2, 0.0)
    assert first == second
