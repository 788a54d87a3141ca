from __future__ import annotations

import asyncio
import gzip
import zlib
from collections.abc import Awaitable, Callable

import pytest
from httpx_sse import EventSource
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from app.adapters.egress import Egress
from app.adapters.exchange import (
    EgressFailure,
    EgressRefused,
    EgressTimeout,
    EgressUnreachable,
    HttpRequest,
    ReplyTooLarge,
    ReplyUnreadable,
    RequestInvalid,
)
from app.adapters.transport import PIECE_BYTES, Inflater
from tests.adapters.servers import ChangingAddresses, RawServer, SaidAddresses, reply

Door = Callable[..., Egress]
Start = Callable[..., Awaitable[RawServer]]


def get(url: str, **more: object) -> HttpRequest:
    return HttpRequest("GET", url, **more)  # type: ignore[arg-type]


# What may be reached


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.com/x", "gopher://example.com", "data:text/plain,x", "unix:/var/run/docker.sock"]
)
async def test_only_http_and_https_go_out(door: Door, url: str) -> None:
    with pytest.raises(EgressRefused, match="only http:// and https:// go out"):
        await door().send(get(url))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/x",
        "/x",
        "http://",
        "http://[::1",
        "https://exa mple.com/",
        "http://host:99999/",
        "http://host:0/",
        "http://0177.0.0.1/",
        "http://a%00b/",
    ],
)
async def test_what_is_no_url_is_told(door: Door, url: str) -> None:
    with pytest.raises(EgressFailure) as caught:
        await door().send(get(url))
    assert isinstance(caught.value, RequestInvalid | EgressRefused) and not caught.value.retryable


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "127.1", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[::]"]
)
async def test_this_machine_is_refused_under_every_spelling(door: Door, httpserver: HTTPServer, host: str) -> None:
    with pytest.raises(EgressRefused, match="ORCHESTRION_EGRESS_ALLOW") as caught:
        await door().send(get(f"http://{host}:{httpserver.port}/"))
    assert "allow-list" in caught.value.message and caught.value.type == "HttpError" and not caught.value.retryable
    assert httpserver.log == []


@pytest.mark.parametrize("address", ["10.0.0.7", "169.254.169.254", "64:ff9b::a00:7", "2002:a00:7::1", "fe80::1%eth0", "100.64.3.4"])
async def test_a_name_that_leads_into_a_private_net_is_refused_and_the_sentence_names_both(door: Door, address: str) -> None:
    egress = door(resolver=SaidAddresses(innocent_example=[address]))
    with pytest.raises(EgressRefused) as caught:
        await egress.send(get("http://innocent.example:8080/"))
    assert "innocent.example:8080" in caught.value.message and address in caught.value.message


async def test_the_allow_list_opens_one_port_of_one_host(door: Door, httpserver: HTTPServer, raw_server: Start) -> None:
    httpserver.expect_request("/").respond_with_data("in")
    other = await raw_server(reply())
    egress = door(allow=f"127.0.0.1:{httpserver.port}")
    assert (await egress.send(get(httpserver.url_for("/")))).body == b"in"
    with pytest.raises(EgressRefused):
        await egress.send(get(other.url))


async def test_an_allowed_name_may_lead_anywhere_and_an_allowed_address_have_any_name(door: Door, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("in")
    resolver = SaidAddresses(models_intranet=["127.0.0.1"], other_example=["127.0.0.1"])
    by_name = door(allow=f"models.intranet:{httpserver.port}", resolver=resolver)
    assert (await by_name.send(get(f"http://models.intranet:{httpserver.port}/"))).status_code == 200
    with pytest.raises(EgressRefused):
        await by_name.send(get(f"http://other.example:{httpserver.port}/"))
    by_address = door(allow=f"127.0.0.1:{httpserver.port}", resolver=resolver)
    assert (await by_address.send(get(f"http://other.example:{httpserver.port}/"))).status_code == 200


async def test_what_one_tenant_may_reach_is_not_left_open_for_another(door: Door, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("in")
    egress = door()
    theirs = frozenset({f"127.0.0.1:{httpserver.port}"})
    assert (await egress.send(get(httpserver.url_for("/"), allow=theirs))).status_code == 200
    with pytest.raises(EgressRefused):
        await egress.send(get(httpserver.url_for("/")))


async def test_the_address_that_was_checked_is_the_one_that_is_connected_to(door: Door, httpserver: HTTPServer) -> None:
    """DNS rebinding: a second look at the name would find this machine."""
    resolver = ChangingAddresses("192.0.2.1", "127.0.0.1")  # 192.0.2.0/24 is nobody's: refused
    egress = door(resolver=resolver)
    with pytest.raises(EgressRefused):
        await egress.send(get(f"http://rebind.example:{httpserver.port}/"))
    assert resolver.asked == 1 and httpserver.log == []


async def test_a_name_is_asked_once_and_not_again_for_the_connection(door: Door, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("checked")
    resolver = ChangingAddresses("127.0.0.1", "10.9.8.7")
    egress = door(resolver=resolver, allow=f"127.0.0.1:{httpserver.port}")
    assert (await egress.send(get(f"http://rebind.example:{httpserver.port}/"))).body == b"checked"
    assert resolver.asked == 1


async def test_of_several_addresses_only_those_are_tried_that_may_be(door: Door, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("here")
    resolver = SaidAddresses(mixed_example=["10.9.8.7", "127.0.0.1"])
    egress = door(resolver=resolver, allow=f"127.0.0.1:{httpserver.port}")
    assert (await egress.send(get(f"http://mixed.example:{httpserver.port}/", timeout_s=5))).body == b"here"


async def test_a_dead_first_address_does_not_hide_a_live_second(door: Door, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("here")
    port = httpserver.port
    egress = door(resolver=SaidAddresses(two_example=["127.0.0.2", "127.0.0.1"]), allow=f"two.example:{port}")
    assert (await egress.send(get(f"http://two.example:{port}/"))).body == b"here"


async def test_a_name_that_nobody_knows_may_be_tried_again(door: Door) -> None:
    with pytest.raises(EgressUnreachable, match='no server named "nowhere.example"') as caught:
        await door(resolver=SaidAddresses()).send(get("http://nowhere.example/"))
    assert caught.value.retryable and caught.value.type == "HttpError"


async def test_a_proxy_in_the_environment_is_not_used(httpserver: HTTPServer, egress: Egress, monkeypatch: pytest.MonkeyPatch) -> None:
    httpserver.expect_request("/").respond_with_data("straight")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert (await egress.send(get(httpserver.url_for("/")))).body == b"straight"


# What is sent


async def test_query_headers_and_body_arrive_as_they_were_given(httpserver: HTTPServer, egress: Egress) -> None:
    httpserver.expect_request("/x").respond_with_handler(
        lambda request: Response(
            f"{request.query_string.decode()}|{request.headers['X-A']}|{request.headers['Host']}|{request.data.decode()}"
        )
    )
    request = HttpRequest(
        "POST", httpserver.url_for("/x?a=1#part"), headers=[("X-A", "é")], query=[("b", "2 & 3"), ("b", "4")], body=b"hello"
    )
    sent = (await egress.send(request)).body.decode()
    query, header, host, body = sent.split("|")
    assert (query, host, body) == ("a=1&b=2+%26+3&b=4", f"127.0.0.1:{httpserver.port}", "hello")
    assert header.encode("latin-1").decode() == "é"


async def test_a_name_and_password_in_the_url_become_basic_authorization(httpserver: HTTPServer, egress: Egress) -> None:
    httpserver.expect_request("/").respond_with_handler(lambda request: Response(request.headers["Authorization"]))
    answer = await egress.send(get(f"http://me:p%40ss@127.0.0.1:{httpserver.port}/"))
    assert answer.body == b"Basic bWU6cEBzcw==" and "p%40ss" not in answer.url


@pytest.mark.parametrize(
    "header",
    [("Host", "evil"), ("content-length", "5"), ("Transfer-Encoding", "chunked"), ("X-A", "a\r\nX-B: c"), ("bad name", "x"), ("", "x")],
)
async def test_a_header_that_would_change_the_exchange_itself_is_refused(
    egress: Egress, httpserver: HTTPServer, header: tuple[str, str]
) -> None:
    with pytest.raises(RequestInvalid) as caught:
        await egress.send(get(httpserver.url_for("/"), headers=[header]))
    assert caught.value.type == "ValidationError" and httpserver.log == []


# Redirects


async def test_a_redirect_into_a_private_net_is_refused(door: Door, raw_server: Start) -> None:
    outside = await raw_server(reply("302 Found", Location="http://169.254.169.254/latest/meta-data/"))
    egress = door(allow=outside.place)
    with pytest.raises(EgressRefused, match=r"169\.254\.169\.254:80"):
        await egress.send(get(outside.url))


async def test_a_redirect_to_another_port_of_the_same_machine_is_checked_too(door: Door, raw_server: Start) -> None:
    inside = await raw_server(reply())
    outside = await raw_server(reply("302 Found", Location=inside.url))
    egress = door(allow=outside.place)
    with pytest.raises(EgressRefused):
        await egress.send(get(outside.url))
    assert inside.requests == []


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://example.com/", "javascript:alert(1)"])
async def test_a_redirect_to_another_scheme_is_refused(door: Door, raw_server: Start, location: str) -> None:
    server = await raw_server(reply("301 Moved", Location=location))
    with pytest.raises(EgressRefused, match="redirects to"):
        await door(allow=server.place).send(get(server.url))


def chain(httpserver: HTTPServer, length: int) -> str:
    for number in range(length):
        httpserver.expect_request(f"/{number}").respond_with_data("", 302, {"Location": f"/{number + 1}"})
    httpserver.expect_request(f"/{length}").respond_with_data("end")
    return httpserver.url_for("/0")


async def test_three_redirects_are_followed(httpserver: HTTPServer, egress: Egress) -> None:
    answer = await egress.send(get(chain(httpserver, 3)))
    assert (answer.status_code, answer.body, answer.url) == (200, b"end", httpserver.url_for("/3"))


async def test_the_fourth_redirect_is_an_error(httpserver: HTTPServer, egress: Egress) -> None:
    with pytest.raises(EgressFailure, match="more than 3 times") as caught:
        await egress.send(get(chain(httpserver, 4)))
    assert caught.value.type == "HttpError" and not caught.value.retryable


async def test_a_redirect_is_a_reply_when_it_is_not_to_be_followed(httpserver: HTTPServer, egress: Egress) -> None:
    answer = await egress.send(get(chain(httpserver, 1), follow_redirects=False))
    assert (answer.status_code, answer.header("location")) == (302, "/1")


SECRET_HEADERS = [
    ("Authorization", "Bearer k"),
    ("Cookie", "s=1"),
    ("X-Api-Key", "k"),
    ("My-Own-Token", "k"),
    ("Accept", "text/x"),
    ("Idempotency-Key", "r:/p"),
]


async def test_nothing_secret_goes_along_to_another_host(door: Door, raw_server: Start) -> None:
    target = await raw_server(reply())
    source = await raw_server(reply("302 Found", Location=f"http://user:pass@{target.place}/next"))
    egress = door(allow=[source.place, target.place])
    await egress.send(get(source.url, headers=SECRET_HEADERS))
    first, second = source.requests[0].decode().lower(), target.requests[0].decode().lower()
    assert all(name.lower() in first for name, _ in SECRET_HEADERS)
    assert all(name not in second for name in ("authorization", "cookie", "x-api-key", "my-own-token"))
    assert "accept: text/x" in second and "idempotency-key: r:/p" in second and f"host: {target.place}" in second


async def test_headers_stay_on_a_redirect_within_the_host(httpserver: HTTPServer, egress: Egress) -> None:
    httpserver.expect_request("/a").respond_with_data("", 307, {"Location": "/b"})
    httpserver.expect_request("/b", method="POST").respond_with_handler(
        lambda request: Response(f"{request.headers['Authorization']} {request.data.decode()}")
    )
    answer = await egress.send(HttpRequest("POST", httpserver.url_for("/a"), headers=[("Authorization", "Bearer k")], body=b"kept"))
    assert answer.body == b"Bearer k kept"


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [(303, "POST", "GET"), (303, "PUT", "GET"), (302, "POST", "GET"), (301, "POST", "GET"), (302, "PUT", "PUT"), (303, "HEAD", "HEAD")],
)
async def test_the_method_after_a_redirect_is_what_the_rfc_says(
    httpserver: HTTPServer, egress: Egress, status: int, method: str, then: str
) -> None:
    seen: list[Request] = []

    def remember(request: Request) -> Response:
        seen.append(request)
        return Response(request.data)

    httpserver.expect_request("/a").respond_with_data("", status, {"Location": "/b"})
    httpserver.expect_request("/b").respond_with_handler(remember)
    body = None if method == "HEAD" else b"x"
    await egress.send(HttpRequest(method, httpserver.url_for("/a"), headers=[("Content-Type", "text/plain")], body=body))
    assert seen[0].method == then
    assert (seen[0].data, "Content-Type" in seen[0].headers) == ((b"", False) if then == "GET" else (body or b"", True))


@pytest.mark.parametrize("status", ["307 Temporary", "308 Permanent"])
async def test_a_body_is_not_sent_on_to_another_host(door: Door, raw_server: Start, status: str) -> None:
    target = await raw_server(reply())
    source = await raw_server(reply(status, Location=target.url))
    with pytest.raises(EgressRefused, match="body"):
        await door(allow=[source.place, target.place]).send(HttpRequest("POST", source.url, body=b"password=1"))
    assert target.requests == []


# What comes back


def gzipped(plain: bytes) -> bytes:
    return gzip.compress(plain)


def bare_deflate(plain: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(plain) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzipped(b"text" * 50_000)),
        ("x-gzip", gzipped(b"text" * 50_000)),
        ("gzip", gzipped(b"text" * 25_000) + gzipped(b"text" * 25_000)),
        ("gzip", gzipped(b"text" * 50_000) + b"\0" * 100),
        ("deflate", zlib.compress(b"text" * 50_000)),
        ("deflate", bare_deflate(b"text" * 50_000)),
        ("identity", b"text" * 50_000),
    ],
)
async def test_compressed_replies_are_read(door: Door, raw_server: Start, coding: str, packed: bytes) -> None:
    server = await raw_server(reply(body=packed, Content_Encoding=coding))
    answer = await door(allow=server.place).send(get(server.url))
    assert answer.body == b"text" * 50_000 and answer.header("content-encoding") is None


@pytest.mark.parametrize("size", [1, 2, 7, 64, 65_536])
def test_a_compressed_stream_may_be_cut_anywhere(size: int) -> None:
    plain = bytes(range(256)) * 1_000
    packed = gzipped(plain) + gzipped(plain) + gzipped(b"") + gzipped(b"end")
    inflater = Inflater("gzip")
    pieces = [piece for at in range(0, len(packed), size) for piece in inflater.feed(packed[at : at + size])]
    assert b"".join(pieces) == plain + plain + b"end" and inflater.is_complete
    assert max(map(len, pieces)) <= PIECE_BYTES


async def test_a_bomb_is_stopped_at_the_limit(door: Door, raw_server: Start) -> None:
    """100 MiB of nothing in 100 KiB; what was inflated until then is at most one piece over the limit."""
    server = await raw_server(reply(body=gzipped(bytes(100 * 1024 * 1024)), Content_Encoding="gzip"))
    egress = door(allow=server.place)
    seen = 0
    with pytest.raises(ReplyTooLarge, match="larger than 1,000,000 bytes") as caught:
        async with egress.stream(get(server.url, max_reply_bytes=1_000_000)) as response:
            async for piece in response.aiter_bytes():
                seen += len(piece)
    assert seen <= 1_000_000 and caught.value.type == "LimitExceeded" and not caught.value.retryable


async def test_compressed_nothing_without_end_is_stopped_too(door: Door, raw_server: Start) -> None:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    empty_blocks = packer.flush(zlib.Z_FULL_FLUSH) * 100_000
    server = await raw_server(reply(body=empty_blocks, Content_Encoding="deflate"))
    with pytest.raises(EgressFailure):
        await door(allow=server.place).send(get(server.url, max_reply_bytes=10_000))


async def test_a_large_reply_is_stopped_whatever_it_declares(door: Door, raw_server: Start) -> None:
    chunk = b"2710\r\n" + b"x" * 10_000 + b"\r\n"
    endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 200
    server = await raw_server(endless, hold=True)
    with pytest.raises(ReplyTooLarge):
        await door(allow=server.place).send(get(server.url, max_reply_bytes=50_000))
    await server.closed.wait()


async def test_exactly_the_limit_is_taken(door: Door, raw_server: Start) -> None:
    server = await raw_server(reply(body=b"x" * 5_000))
    assert len((await door(allow=server.place).send(get(server.url, max_reply_bytes=5_000))).body) == 5_000


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        reply(body=b"not gzip at all", Content_Encoding="gzip"),
        reply(body=gzipped(b"text" * 1000)[:-20], Content_Encoding="gzip"),
        reply(body=b"xx", Content_Encoding="br"),
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
    ],
)
async def test_what_is_no_readable_reply_is_told_as_such(door: Door, raw_server: Start, answer: bytes) -> None:
    server = await raw_server(answer)
    with pytest.raises(ReplyUnreadable) as caught:
        await door(allow=server.place).send(get(server.url))
    assert caught.value.type == "HttpError" and "127.0.0.1" in caught.value.message


async def test_a_port_where_nobody_listens_may_be_tried_again(door: Door, raw_server: Start) -> None:
    server = await raw_server(reply())
    await server.__aexit__()
    with pytest.raises(EgressUnreachable, match="cannot be reached") as caught:
        await door(allow=server.place).send(get(server.url))
    assert caught.value.retryable


# Time and cancellation


async def test_a_server_that_says_nothing_is_a_timeout(door: Door, raw_server: Start) -> None:
    server = await raw_server(b"", hold=True)
    with pytest.raises(EgressTimeout) as caught:
        await door(allow=server.place).send(get(server.url, timeout_s=0.1))
    assert caught.value.type == "Timeout" and caught.value.retryable
    await server.closed.wait()


async def test_the_time_is_for_all_together_not_for_each_read(door: Door, raw_server: Start) -> None:
    class Dripping(RawServer):
        async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            try:
                while not writer.is_closing():
                    writer.write(b".")
                    await writer.drain()
                    await asyncio.sleep(0.02)
            except ConnectionError:
                pass
            finally:
                self.closed.set()
                writer.close()

    async with Dripping(b"") as server:
        with pytest.raises(EgressTimeout, match=r"longer than 0\.2 s"):
            await door(allow=server.place).send(get(server.url, timeout_s=0.2))
        await server.closed.wait()


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"])
async def test_cancelling_closes_the_socket(door: Door, raw_server: Start, answer: bytes) -> None:
    server = await raw_server(answer, hold=True)
    task = asyncio.ensure_future(door(allow=server.place).send(get(server.url)))
    await server.arrived.wait()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(server.closed.wait(), 5)


async def test_leaving_a_stream_early_closes_the_socket(door: Door, raw_server: Start) -> None:
    server = await raw_server(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: one\n\n", hold=True)
    async with door(allow=server.place).stream(get(server.url)) as response:
        async for line in response.aiter_lines():
            assert line == "data: one"
            break
    await asyncio.wait_for(server.closed.wait(), 5)


async def test_a_stream_of_events_is_read_through_the_guard(door: Door, raw_server: Start) -> None:
    body = gzipped(b"event: delta\ndata: Hel\n\nevent: delta\ndata: lo\n\n")
    server = await raw_server(reply(body=body, Content_Type="text/event-stream", Content_Encoding="gzip"))
    async with door(allow=server.place).stream(get(server.url)) as response:
        assert [event.data async for event in EventSource(response).aiter_sse()] == ["Hel", "lo"]


async def test_a_failure_of_the_reader_passes_through_a_stream(door: Door, raw_server: Start) -> None:
    server = await raw_server(reply(body=b"x"))
    with pytest.raises(TimeoutError, match="mine"):
        async with door(allow=server.place).stream(get(server.url)):
            raise TimeoutError("mine")


async def test_connections_are_used_again(httpserver: HTTPServer, egress: Egress) -> None:
    ports: set[int] = set()
    httpserver.expect_request("/").respond_with_handler(lambda request: Response(str(request.environ["REMOTE_PORT"])))
    for _ in range(3):
        ports.add(int((await egress.send(get(httpserver.url_for("/")))).body))
    assert ports  # werkzeug's server closes each connection: it is enough that none of them failed
    assert not egress._pools[egress._allow].users


async def test_pools_of_many_allow_lists_do_not_pile_up(door: Door, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("x")
    egress = door(allow=f"127.0.0.1:{httpserver.port}")
    for number in range(40):
        await egress.send(get(httpserver.url_for("/"), allow=frozenset({f"tenant-{number}:80"})))
    assert len(egress._pools) <= 16
