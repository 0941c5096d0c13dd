"""A stand-in for the API Gateway in front of the API: stage prefix, signature check, headers, time-out,
a log of every request for assertions, and scripted faults."""

import http.client
import json
import socket
import struct
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from account import REGION
from faults import APP_CRASHED, APP_TIMED_OUT, Reply, Schedule, json_reply, never
from sigv4 import MISSING_TOKEN, Credentials, Rejection, Request, verify

STAGE = "/prod"

# Marked as fake, and worthless.
CLIENT_CREDENTIALS = Credentials("FAKE-CLIENT-ACCESS-KEY", "fake-client-secret-key", "fake/client+session=token==")



@dataclass(frozen=True)
class Exchange:
    """One line of the log. `body` is the body that the client got, where it got a whole response of the real server."""

    number: int
    method: str
    target: str
    header_names: list[str]
    arrived: float
    responded: float
    verdict: str
    fault: str | None
    status: int
    body: bytes

    @property
    def is_events(self) -> bool:
        """A page of stack events, else DescribeImage."""
        return _asks_for_events(self.target)

    def page(self) -> list[dict[str, Any]]:
        """The events as served, where this was a complete page of them."""
        if not self.is_events or self.status != 200:
            return []
        try:
            events: list[dict[str, Any]] = json.loads(self.body)["events"]
        except ValueError:
            return []
        return events


def _asks_for_events(target: str) -> bool:
    return urlsplit(target).path.endswith("/stackevents")


class Gateway(ThreadingHTTPServer):
    """One gateway; each test has its own, with its own log, faults and clock."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(
        self,
        upstream_port: int,
        schedule: Schedule = never,
        credentials: Credentials | None = CLIENT_CREDENTIALS,
        region: str = REGION,
        port: int = 0,
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.upstream_port = upstream_port
        self.schedule = schedule
        self.credentials = credentials
        self.region = region
        self.clock_offset = timedelta(0)
        self.integration_timeout = 29.0
        self.rewrite: Callable[[bytes], bytes] | None = None
        self.url = f"http://127.0.0.1:{self.server_address[1]}{STAGE}"
        self._log: list[Exchange] = []
        self._taken: Counter[bool] = Counter()
        self._served = threading.Condition()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is not logged."""

    def now(self) -> datetime:
        """The gateway's clock, which a test may set wrong."""
        return datetime.now(timezone.utc) + self.clock_offset

    @property
    def log(self) -> list[Exchange]:
        """Every request so far, in the order of their responses."""
        with self._served:
            return list(self._log)

    def next_number(self, is_events: bool) -> int:
        """Requests count from 1, those for events and those for DescribeImage separately:
        where a program alternates between them, every second of both would else be every one of the same kind."""
        with self._served:
            self._taken[is_events] += 1
            return self._taken[is_events]

    def record(self, exchange: Exchange) -> None:
        """Add to the log and wake the threads that wait for it."""
        with self._served:
            self._log.append(exchange)
            self._served.notify_all()

    def wait_for(self, condition: Callable[[list[Exchange]], bool], timeout: float = 30.0) -> list[Exchange]:
        """Block until the log meets the condition."""
        with self._served:
            if not self._served.wait_for(lambda: condition(self._log), timeout):
                lines = [f"{e.number} {e.status} {e.verdict} {e.fault} {e.target}" for e in self._log[-20:]]
                raise AssertionError("the gateway's log never met the condition:\n" + "\n".join(lines))
            return list(self._log)

    def wait_for_more(self, count: int, timeout: float = 30.0) -> list[Exchange]:
        """Block until that many further pages of events were served; they are returned."""
        start = len(self.log)

        def good(log: list[Exchange]) -> list[Exchange]:
            return [e for e in log[start:] if e.is_events and e.status == 200]

        return good(self.wait_for(lambda log: len(good(log)) >= count, timeout))

    def judge(self, request: Request) -> Rejection | None:
        """Outside the stage, and for methods that change things, there is no route; API Gateway calls it unsigned."""
        if request.method != "GET" or not request.target.startswith(f"{STAGE}/v3/"):
            return MISSING_TOKEN
        if self.credentials is None:
            return None
        return verify(request, self.credentials, self.region, self.now())

    def forward(self, target: str) -> Reply:
        """Forward to the real server."""
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream_port, timeout=self.integration_timeout)
        try:
            connection.request("GET", target)
            response = connection.getresponse()
            body = response.read()
        except TimeoutError:
            return APP_TIMED_OUT
        except (OSError, http.client.HTTPException):
            return APP_CRASHED
        finally:
            connection.close()
        if self.rewrite is not None and response.status == 200:
            body = self.rewrite(body)
        # Of the app's headers a Lambda function passes on only those that Flask itself set.
        return Reply(response.status, {"Content-Type": response.getheader("Content-Type", "")}, body)


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    timeout = 120
    server: Gateway

    def _handle(self) -> None:
        gateway = self.server
        arrived = time.monotonic()
        # The target as it came over the wire: http.server's own `path` has leading slashes folded.
        target = self.requestline.split(" ")[1]
        number = gateway.next_number(_asks_for_events(target))
        body = self.rfile.read(int(self.headers.get("Content-Length") or "0"))
        fault = None
        rejection = gateway.judge(Request(self.command, target, list(self.headers.items()), body))
        if rejection is not None:
            reply = json_reply(403, {"message": rejection.message}, rejection.error_type)
        else:
            fault = gateway.schedule(number)
            inner = target.removeprefix(STAGE)
            reply = fault.act(inner, gateway.forward) if fault is not None else gateway.forward(inner)
        intact = reply.claimed is None and not reply.reset
        gateway.record(
            Exchange(
                number,
                self.command,
                target,
                sorted(name.lower() for name in self.headers.keys()),
                arrived,
                time.monotonic(),
                rejection.error_type if rejection is not None else "accepted",
                fault.name if fault is not None else None,
                reply.status,
                reply.body if intact else b"",
            )
        )
        self._send(reply)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _handle

    def _send(self, reply: Reply) -> None:
        if reply.reset:
            # Lingering for no time turns the close into an RST.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        self.send_response_only(reply.status)
        self.send_header("Date", format_datetime(self.server.now(), usegmt=True))
        self.send_header("Content-Length", str(len(reply.body) if reply.claimed is None else reply.claimed))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        self.send_header("x-amz-apigw-id", f"{uuid.uuid4().hex[:15]}=")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)
        if reply.claimed is not None:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """No log: the gateway keeps its own."""
