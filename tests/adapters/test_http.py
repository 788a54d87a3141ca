from __future__ import annotations

import base64
import datetime
from collections.abc import Awaitable, Callable
from email.utils import format_datetime

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from app.adapters.egress import Egress
from app.adapters.http import HttpAdapter
from app.adapters.protocol import Adapter, AdapterFailure, CallContext, Provider
from app.domain.json_value import Json, dumps, loads
from tests.adapters.servers import RawServer, reply

Call = Callable[..., CallContext]


@pytest.fixture
def http(egress: Egress) -> HttpAdapter:
    return HttpAdapter(egress)


def echo(request: Request) -> Response:
    seen = {
        "method": request.method,
        "query": request.query_string.decode(),
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "body": request.data.decode("utf-8", "replace"),
    }
    return Response(dumps(seen), content_type="application/json")  # type: ignore[arg-type]


def answered(httpserver: HTTPServer, body: bytes | str = b"", status: int = 200, content_type: str | None = None, **headers: str) -> str:
    answer = Response(body, status, {name.replace("_", "-"): value for name, value in headers.items()}, content_type=content_type)
    if content_type is None:
        answer.headers.pop("Content-Type", None)
    httpserver.expect_request("/x").respond_with_response(answer)
    return httpserver.url_for("/x")


async def sent(http: HttpAdapter, httpserver: HTTPServer, context: CallContext, **config: Json) -> dict[str, Json]:
    """What the server saw."""
    httpserver.expect_request("/echo").respond_with_handler(echo)
    output = await http.run({"url": httpserver.url_for("/echo"), **config}, context)
    assert isinstance(output, dict) and output["status_code"] == 200 and isinstance(output["body"], dict)
    return output["body"]


def test_it_is_an_adapter_but_no_provider(http: HttpAdapter) -> None:
    assert isinstance(http, Adapter) and not isinstance(http, Provider) and http.type.provider_model is None


# What is sent


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "patch"])
async def test_the_method_is_what_was_asked(http: HttpAdapter, httpserver: HTTPServer, call: Call, method: str) -> None:
    assert (await sent(http, httpserver, call(), method=method))["method"] == method.upper()


async def test_head_gives_headers_and_no_body(http: HttpAdapter, httpserver: HTTPServer, call: Call) -> None:
    output = await http.run({"method": "HEAD", "url": answered(httpserver, X_A="1")}, call())
    assert isinstance(output, dict) and output["body"] is None and output["headers"]["x-a"] == "1"  # type: ignore[call-overload,index]


async def test_the_idempotency_key_is_run_and_path_at_every_attempt(http: HttpAdapter, httpserver: HTTPServer, call: Call) -> None:
    for attempt in (1, 2):
        seen = await sent(http, httpserver, call(attempt=attempt), method="POST")
        assert seen["headers"]["idempotency-key"] == "run-1:/fetch"  # type: ignore[call-overload,index]


async def test_a_key_of_the_steps_own_wins(http: HttpAdapter, httpserver: HTTPServer, call: Call) -> None:
    seen = await sent(http, httpserver, call(), headers={"idempotency-KEY": "mine"})
    assert seen["headers"]["idempotency-key"] == "mine"  # type: ignore[call-overload,index]


async def test_headers_and_query_take_every_scalar_and_leave_null_out(http: HttpAdapter, httpserver: HTTPServer, call: Call) -> None:
    headers: Json = {"X-N": 5, "X-B": True, "X-No": None, "X-S": "s"}
    query: Json = {"a": 1, "b": [True, "x y", None], "c": None, "d": 1.5, "é": "ü&="}
    seen = await sent(http, httpserver, call(), headers=headers, query=query)
    assert seen["query"] == "a=1&b=true&b=x+y&d=1.5&%C3%A9=%C3%BC%26%3D"
    got = seen["headers"]
    assert isinstance(got, dict) and (got["x-n"], got["x-b"], got["x-s"]) == ("5", "true", "s") and "x-no" not in got
    assert str(got["user-agent"]).startswith("Orchestrion/")


@pytest.mark.parametrize(
    ("config", "content_type", "body"),
    [
        ({"body": {"a": [1, None]}}, "application/json", '{"a":[1,null]}'),
        ({"body": "text", "body_type": "json"}, "application/json", '"text"'),
        ({"body": 2**70}, "application/json", str(2**70)),
        ({"body": "Grüße", "body_type": "text"}, "text/plain; charset=utf-8", "Grüße"),
        ({"body": {"a": 1}, "body_type": "text"}, "text/plain; charset=utf-8", '{"a":1}'),
        ({"body": "YWJj", "body_type": "binary"}, "application/octet-stream", "abc"),
        ({"body": {"base64": "YWJj", "size_bytes": 3}, "body_type": "binary"}, "application/octet-stream", "abc"),
        ({"body": {"a": 1}, "headers": {"content-type": "application/x-own+json"}}, "application/x-own+json", '{"a":1}'),
        ({"body": None}, None, ""),
        ({"body": {"a": 1}, "body_type": "none"}, None, ""),
    ],
)
async def test_the_body_goes_out_as_its_type_says(
    http: HttpAdapter, httpserver: HTTPServer, call: Call, config: dict[str, Json], content_type: str | None, body: str
) -> None:
    seen = await sent(http, httpserver, call(), method="POST", **config)
    assert (seen["headers"].get("content-type"), seen["body"]) == (content_type, body)  # type: ignore[union-attr]


async def test_a_form_is_sent_as_fields(http: HttpAdapter, httpserver: HTTPServer, call: Call) -> None:
    httpserver.expect_request("/form").respond_with_handler(lambda request: Response(dumps(dict(request.form.lists()))))  # type: ignore[arg-type]
    config: dict[str, Json] = {"method": "POST", "url": httpserver.url_for("/form"), "body_type": "form"}
    output = await http.run({**config, "body": {"a": "x & y", "b": [1, True], "c": None}}, call())
    assert isinstance(output, dict) and loads(str(output["body"])) == {"a": ["x & y"], "b": ["1", "true"]}


@pytest.mark.parametrize(
    "config",
    [
        {"url": ""},
        {"method": "BREW"},
        {"headers": {"a": {}}},
        {"headers": []},
        {"body_type": "form", "body": [1]},
        {"body_type": "binary", "body": "***"},
        {"body_type": "binary", "body": 1},
        {"max_response_bytes": 0},
        {"colour": "red"},
        {"headers": {"X": "a\nb"}},
        {"headers": {"Host": "elsewhere"}},
        {"url": "no url at all"},
    ],
)
async def test_what_cannot_be_sent_is_a_validation_error_and_nothing_goes_out(
    http: HttpAdapter, httpserver: HTTPServer, call: Call, config: dict[str, Json]
) -> None:
    with pytest.raises(AdapterFailure) as caught:
        await http.run({"url": httpserver.url_for("/x"), "method": "POST", **config}, call())
    assert not caught.value.retryable and httpserver.log == []
    assert caught.value.type == "ValidationError" or "only http" in caught.value.message


# What comes back


@pytest.mark.parametrize(
    ("body", "content_type", "value"),
    [
        (b'{"a": 1}', "application/json", {"a": 1}),
        (b'{"n": 123456789012345678901234567890}', "application/json; charset=utf-8", {"n": 123456789012345678901234567890}),
        (b'{"a": 1}', "application/problem+json", {"a": 1}),
        (b'{"a": 1}', "text/plain", '{"a": 1}'),
        (b"", "application/json", None),
        (b"", None, None),
        ("Grüße".encode(), "text/html; charset=utf-8", "Grüße"),
        ("Grüße".encode("latin-1"), "text/html; charset=ISO-8859-1", "Grüße"),
        ("日本".encode("shift_jis"), 'text/plain; charset="Shift_JIS"', "日本"),
        (b"abc", "text/plain; charset=zlib", "abc"),
        (b"abc", "text/plain; charset=no-such", "abc"),
        (b"\xff\xfe", "text/plain", "\ufffd\ufffd"),
        (b"<a/>", "application/xml", "<a/>"),
        (b"<svg/>", "image/svg+xml", "<svg/>"),
        (b"a,b", "text/csv", "a,b"),
        (b"plain", None, "plain"),
        (b"\x89PNG\xff", "image/png", {"base64": base64.b64encode(b"\x89PNG\xff").decode(), "content_type": "image/png", "size_bytes": 5}),
        (b"\xff\x00", None, {"base64": "/wA=", "content_type": None, "size_bytes": 2}),
    ],
)
async def test_the_body_is_what_its_content_type_says(
    http: HttpAdapter, httpserver: HTTPServer, call: Call, body: bytes, content_type: str | None, value: Json
) -> None:
    output = await http.run({"url": answered(httpserver, body, content_type=content_type)}, call())
    assert isinstance(output, dict) and output["body"] == value and set(output) == {"status_code", "headers", "body"}


async def test_headers_are_lower_case_and_repeated_ones_are_joined(http: HttpAdapter, httpserver: HTTPServer, call: Call) -> None:
    answer = Response(b"", 201, [("X-A", "1"), ("X-a", "2"), ("Set-Cookie", "a=1; Expires=Wed, 01 Jan"), ("Set-Cookie", "b=2")])
    httpserver.expect_request("/x").respond_with_response(answer)
    output = await http.run({"url": httpserver.url_for("/x")}, call())
    assert isinstance(output, dict) and isinstance(output["headers"], dict) and output["status_code"] == 201
    assert output["headers"]["x-a"] == "1, 2" and output["headers"]["set-cookie"] == "a=1; Expires=Wed, 01 Jan\nb=2"


@pytest.mark.parametrize("body", [b"<html>", b'{"a": 1', b"NaN", b'{"a": "\xff"}'])
async def test_json_that_is_none_is_an_error_not_a_text(http: HttpAdapter, httpserver: HTTPServer, call: Call, body: bytes) -> None:
    with pytest.raises(AdapterFailure, match="says that its reply is JSON") as caught:
        await http.run({"url": answered(httpserver, body, content_type="application/json")}, call())
    assert caught.value.type == "HttpError" and caught.value.details == {"status_code": 200}


@pytest.mark.parametrize(
    ("status", "retryable"),
    [
        (400, False),
        (401, False),
        (403, False),
        (404, False),
        (405, False),
        (408, True),
        (409, False),
        (410, False),
        (418, False),
        (422, False),
    ]
    + [(425, True), (429, True), (500, True), (501, False), (502, True), (503, True), (504, True), (505, False), (507, True)],
)
async def test_a_status_of_400_or_more_is_an_http_error(
    http: HttpAdapter, httpserver: HTTPServer, call: Call, status: int, retryable: bool
) -> None:
    with pytest.raises(AdapterFailure) as caught:
        await http.run({"url": answered(httpserver, b'{"why": "no"}', status, "application/json", X_Trace="t1")}, call())
    failure = caught.value
    assert (failure.type, failure.retryable, failure.retry_after_s) == ("HttpError", retryable, None)
    assert isinstance(failure.details, dict) and failure.details["status_code"] == status and failure.details["body"] == '{"why": "no"}'
    assert failure.details["headers"]["x-trace"] == "t1"  # type: ignore[call-overload,index]
    assert str(status) in failure.message and "/x" not in failure.message


@pytest.mark.parametrize("status", [200, 204, 206, 299, 304])
async def test_below_400_is_an_output(http: HttpAdapter, httpserver: HTTPServer, call: Call, status: int) -> None:
    output = await http.run({"url": answered(httpserver, status=status)}, call())
    assert isinstance(output, dict) and output["status_code"] == status


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("120", 120.0), ("0", 0.0), ("1.5", 1.5), ("soon", None), ("-5", None), ("9" * 400, None), ("", None), ("Wed, 99 Foo 2020", None)],
)
async def test_retry_after_in_seconds(http: HttpAdapter, httpserver: HTTPServer, call: Call, said: str, seconds: float | None) -> None:
    with pytest.raises(AdapterFailure) as caught:
        await http.run({"url": answered(httpserver, status=429, Retry_After=said)}, call())
    assert caught.value.retry_after_s == seconds and caught.value.retryable


@pytest.mark.parametrize(("ahead_s", "seconds"), [(90, 90.0), (-90, 0.0)])
async def test_retry_after_as_a_date_counts_from_the_servers_own_clock(
    door: Callable[..., Egress], raw_server: Callable[..., Awaitable[RawServer]], call: Call, ahead_s: int, seconds: float
) -> None:
    then = datetime.datetime(2001, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)  # a server whose clock is far behind
    later = format_datetime(then + datetime.timedelta(seconds=ahead_s), usegmt=True)
    server = await raw_server(reply("503 Unavailable", Retry_After=later, Date=format_datetime(then, usegmt=True)))
    with pytest.raises(AdapterFailure) as caught:
        await HttpAdapter(door(allow=server.place)).run({"url": server.url}, call())
    assert caught.value.retry_after_s == seconds


async def test_a_secret_is_masked_before_an_excerpt_is_cut(http: HttpAdapter, httpserver: HTTPServer, call: Call) -> None:
    """Cut in the middle, it would be found no more."""
    body = "x" * 1_990 + "top-secret-value"
    with pytest.raises(AdapterFailure) as caught:
        await http.run({"url": answered(httpserver, body, 500)}, call(mask=lambda text: text.replace("top-secret-value", "•••")))
    assert "top" not in str(caught.value.details)


async def test_a_larger_reply_than_was_agreed_is_an_error(http: HttpAdapter, httpserver: HTTPServer, call: Call) -> None:
    config: dict[str, Json] = {"url": answered(httpserver, b"x" * 101), "max_response_bytes": 100}
    with pytest.raises(AdapterFailure) as caught:
        await http.run(config, call())
    assert caught.value.type == "LimitExceeded"


async def test_redirects_are_followed_unless_they_are_not_to_be(http: HttpAdapter, httpserver: HTTPServer, call: Call) -> None:
    httpserver.expect_request("/a").respond_with_data("", 302, {"Location": "/b"})
    httpserver.expect_request("/b").respond_with_data("there")
    url = httpserver.url_for("/a")
    followed = await http.run({"url": url}, call())
    stayed = await http.run({"url": url, "follow_redirects": False}, call())
    assert isinstance(followed, dict) and isinstance(stayed, dict)
    assert (followed["body"], stayed["status_code"]) == ("there", 302)


async def test_the_steps_timeout_bounds_the_call(http: HttpAdapter, httpserver: HTTPServer, call: Call) -> None:
    import threading

    released = threading.Event()

    def slow(request: Request) -> Response:
        released.wait(10)
        return Response()

    httpserver.expect_request("/slow").respond_with_handler(slow)
    with pytest.raises(AdapterFailure) as caught:
        await http.run({"url": httpserver.url_for("/slow")}, call(timeout_s=0.2))
    released.set()
    assert caught.value.type == "Timeout" and caught.value.retryable


async def test_the_guard_applies_and_the_tenants_list_opens_it(door: Callable[..., Egress], httpserver: HTTPServer, call: Call) -> None:
    http = HttpAdapter(door())
    url = answered(httpserver)
    with pytest.raises(AdapterFailure, match="allow-list") as caught:
        await http.run({"url": url}, call())
    assert caught.value.type == "HttpError" and not caught.value.retryable
    output = await http.run({"url": url}, call(allow=frozenset({f"127.0.0.1:{httpserver.port}"})))
    assert isinstance(output, dict) and output["status_code"] == 200
