"""The faults between a client and the API, each as a scripted response of the gateway,
and the schedules that map requests to faults."""

import json
import re
import time
from collections.abc import Callable, Container
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Reply:
    """An HTTP response. `claimed` is a Content-Length other than the body's; a reset sends no byte."""

    status: int
    headers: dict[str, str]
    body: bytes
    claimed: int | None = None
    reset: bool = False


Forward = Callable[[str], Reply]


@dataclass(frozen=True)
class Fault:
    """A named way to respond to a request target, with or without forwarding it."""

    name: str
    act: Callable[[str, Forward], Reply]


Schedule = Callable[[int], Fault | None]


def json_reply(status: int, body: dict[str, str], error_type: str | None = None) -> Reply:
    """A response of the gateway's own."""
    headers = {"Content-Type": "application/json"}
    if error_type is not None:
        headers["x-amzn-ErrorType"] = error_type
    return Reply(status, headers, json.dumps(body, separators=(",", ":")).encode())


def _instead(name: str, reply: Reply) -> Fault:
    """The same response to every request; the app does not receive it."""
    return Fault(name, lambda _target, _forward: reply)


_INTERNAL = {"message": "Internal server error"}
_DENIED = (
    "User: arn:aws:sts::123456789012:assumed-role/Engineer/someone is not authorized to perform: execute-api:Invoke "
    "on resource: arn:aws:execute-api:us-east-1:********9012:a1b2c3d4e5/prod/GET/v3/images/custom/x/stackevents "
    "with an explicit deny"
)
_EXPIRED = "The security token included in the request is expired"
_PORTAL = b"<!DOCTYPE html><html><body>Please sign in to the network</body></html>"

# The gateway also sends these two by itself: where the app is not running, and where it takes too long.
APP_CRASHED = json_reply(502, _INTERNAL, "InternalServerErrorException")
APP_TIMED_OUT = json_reply(504, {"message": "Endpoint request timed out"}, "InternalServerErrorException")

TOO_MANY_REQUESTS = _instead("429", json_reply(429, {"message": "Too Many Requests"}, "TooManyRequestsException"))
INTERNAL_ERROR = _instead("500", json_reply(500, _INTERNAL, "InternalServerErrorException"))
BAD_GATEWAY = _instead("502", APP_CRASHED)
UNAVAILABLE = _instead("503", json_reply(503, {"message": "Service Unavailable"}, "ServiceUnavailableException"))
TIMED_OUT = _instead("504", APP_TIMED_OUT)
EXPIRED_CREDENTIALS = _instead("expired credentials", json_reply(403, {"message": _EXPIRED}, "ExpiredTokenException"))
EXPLICIT_DENY = _instead("explicit deny", json_reply(403, {"Message": _DENIED}, "AccessDeniedException"))
RESET = _instead("connection reset", Reply(0, {}, b"", reset=True))
CAPTIVE_PORTAL = _instead("HTML", Reply(200, {"Content-Type": "text/html"}, _PORTAL))


def _cut_off(target: str, forward: Forward) -> Reply:
    whole = forward(target)
    return replace(whole, body=whole.body[: len(whole.body) // 2], claimed=len(whole.body))


def _half_json(target: str, forward: Forward) -> Reply:
    whole = forward(target)
    return replace(whole, body=whole.body[: len(whole.body) // 2])


def _with_dead_token(target: str, forward: Forward) -> Reply:
    # The response is the real server's own: it gets a token that it never returned.
    return forward(re.sub(r"(?<=[?&]nextToken=)[^&]+", "bm90IGEgdG9rZW4%3D", target))


TRUNCATED = Fault("truncated body", _cut_off)
HALF_JSON = Fault("half a JSON", _half_json)
DEAD_TOKEN = Fault("dead token", _with_dead_token)


def slow(seconds: float) -> Fault:
    """The correct response, late."""

    def act(target: str, forward: Forward) -> Reply:
        time.sleep(seconds)
        return forward(target)

    return Fault(f"{seconds} s late", act)


def never(_number: int) -> Fault | None:
    """No faults."""
    return None


def every_second(fault: Fault) -> Schedule:
    """The second, fourth, … request meets the fault."""
    return lambda number: fault if number % 2 == 0 else None


def always(fault: Fault) -> Schedule:
    """Every request meets the fault."""
    return lambda _number: fault


def at(fault: Fault, numbers: Container[int]) -> Schedule:
    """The requests with these numbers meet the fault."""
    return lambda number: fault if number in numbers else None
