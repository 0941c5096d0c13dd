"""Verifies AWS Signature Version 4 of a request as it came over the wire, as API Gateway does for execute-api.
Written from the specification with hashlib and hmac alone, so that it shares nothing with any signer."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from urllib.parse import quote, unquote

Headers = list[tuple[str, str]]

ALLOWED_SKEW = timedelta(minutes=5)
_STAMP = "%Y%m%dT%H%M%SZ"
_AUTHORIZATION = re.compile(
    r"^AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, ?"
    r"SignedHeaders=(?P<signed>[^, ]+), ?Signature=(?P<signature>[0-9a-f]{64})$"
)


@dataclass(frozen=True)
class Credentials:
    """The keys with which the client signs."""

    access_key: str
    secret_key: str
    session_token: str | None


@dataclass(frozen=True)
class Rejection:
    """The reason for a refusal: API Gateway's error type and message, always with status 403."""

    error_type: str
    message: str


MISSING_TOKEN = Rejection("MissingAuthenticationTokenException", "Missing Authentication Token")
INVALID_TOKEN = Rejection("UnrecognizedClientException", "The security token included in the request is invalid.")


@dataclass(frozen=True)
class Request:
    """The bytes that a signature covers."""

    method: str
    target: str
    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """The value of a header, names compared without case; several ones are joined by commas."""
        values = [value for key, value in self.headers if key.lower() == name]
        return ",".join(values) if values else None


def _encode(text: str, safe: str = "") -> str:
    """Percent-encoding as SigV4 requires it: all but the unreserved characters of RFC 3986, upper-case hex."""
    return quote(text, safe=safe + "-._~")


def _canonical_path(path: str) -> str:
    """The path of the wire, made free of dots and empty segments and then encoded once more."""
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    tail = "/" if segments and path.endswith("/") else ""
    return _encode("/" + "/".join(segments) + tail, safe="/")


def _canonical_query(query: str) -> str:
    """Names and values decoded (a plus stays a plus), encoded strictly, sorted."""
    pairs = [part.partition("=") for part in query.split("&") if part]
    encoded = sorted((_encode(unquote(name)), _encode(unquote(value))) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in encoded)


def canonical_request(request: Request, signed: list[str]) -> str:
    """The text that both sides hash."""
    path, _, query = request.target.partition("?")
    values = {name: " ".join((request.header(name) or "").split()) for name in signed}
    payload = request.header("x-amz-content-sha256") or hashlib.sha256(request.body).hexdigest()
    return "\n".join(
        [
            request.method,
            _canonical_path(path),
            _canonical_query(query),
            *(f"{name}:{values[name]}" for name in signed),
            "",
            ";".join(signed),
            payload,
        ]
    )


def _signature(secret: str, scope: list[str], to_sign: str) -> str:
    key = f"AWS4{secret}".encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


def _skew(stamp: datetime, now: datetime) -> Rejection | None:
    sent, here = stamp.strftime(_STAMP), now.strftime(_STAMP)
    if stamp < now - ALLOWED_SKEW:
        limit = (now - ALLOWED_SKEW).strftime(_STAMP)
        return Rejection(
            "InvalidSignatureException",
            f"Signature expired: {sent} is now earlier than {limit} ({here} - 5 min.)",
        )
    if stamp > now + ALLOWED_SKEW:
        limit = (now + ALLOWED_SKEW).strftime(_STAMP)
        return Rejection(
            "InvalidSignatureException",
            f"Signature not yet current: {sent} is still later than {limit} ({here} + 5 min.)",
        )
    return None


def _mismatch(canonical: str, to_sign: str) -> Rejection:
    return Rejection(
        "InvalidSignatureException",
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
        "Access Key and signing method. Consult the service documentation for details.\n\n"
        f"The Canonical String for this request should have been\n'{canonical}'\n\n"
        f"The String-to-Sign should have been\n'{to_sign}'\n",
    )


def _date(request: Request) -> datetime | None:
    try:
        return datetime.strptime(request.header("x-amz-date") or "", _STAMP).replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def verify(
    request: Request, credentials: Credentials, region: str, now: datetime, service: str = "execute-api"
) -> Rejection | None:
    """None where the signature is valid."""
    authorization = request.header("authorization")
    if authorization is None:
        return MISSING_TOKEN
    parts = _AUTHORIZATION.match(authorization)
    stamp = _date(request)
    if parts is None or stamp is None:
        return Rejection("IncompleteSignatureException", f"Authorization header is malformed. (Date: {stamp})")
    signed = parts["signed"].split(";")
    sent_token = request.header("x-amz-security-token")
    if parts["key"] != credentials.access_key or sent_token != credentials.session_token:
        return INVALID_TOKEN
    must_sign = {"host", "x-amz-date"} | ({"x-amz-security-token"} if sent_token is not None else set())
    if unsigned := must_sign - set(signed):
        return Rejection("InvalidSignatureException", f"Unsigned headers: {', '.join(sorted(unsigned))}")
    if signed != sorted(signed) or any(request.header(name) is None for name in signed):
        return Rejection("InvalidSignatureException", "SignedHeaders is unsorted or names an absent header")
    scope = [stamp.strftime("%Y%m%d"), region, service, "aws4_request"]
    if [parts["day"], parts["region"], parts["service"]] != scope[:3]:
        return Rejection(
            "InvalidSignatureException", f"Credential should be scoped to a valid region and service: {'/'.join(scope)}"
        )
    if (rejection := _skew(stamp, now)) is not None:
        return rejection
    canonical = canonical_request(request, signed)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp.strftime(_STAMP), "/".join(scope), digest])
    if not hmac.compare_digest(_signature(credentials.secret_key, scope, to_sign), parts["signature"]):
        return _mismatch(canonical, to_sign)
    return None
