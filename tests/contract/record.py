"""`run --record`: requests every kind of response of the real API server that a client can meet and writes each
to tests/fixtures/api, one file a case, for the Rust tests to replay. Recording again changes nothing."""

import http.client
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import scenarios
from account import Account, AwsError, Hook, StackEvent, utc
from cloud import Cloud
from image_stack import image_arn, stack_tags
from scenarios import Build

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures" / "api"
START = utc(2026, 1, 15, 21, 36, 2)
PAGE_SIZE = 20


@dataclass(frozen=True)
class Case:
    """One request; it is sent at the moment the case is yielded, while the account is in the state of the case."""

    name: str
    path: str
    method: str = "GET"


def _events(image_id: str, query: str = "") -> str:
    return f"/v3/images/custom/{image_id}/stackevents{query}"


def _image(image_id: str) -> str:
    return f"/v3/images/custom/{image_id}"


def _raise(code: str, message: str, status: int = 400) -> Hook:
    def hook() -> None:
        raise AwsError(code, message, status)

    return hook


def _played(steps: Iterator[float]) -> None:
    for _ in steps:
        pass


def pages(account: Account) -> Iterator[Case]:
    """A history of several pages, from the newest to the stack's first event."""
    build = Build(account, "pages", START)
    _played(build.prepare())
    yield Case("events-page-1", _events("pages", "?region=us-east-1"))
    # The tokens of the next two pages, as a client would have read them from the page before.
    _, token = account.event_page(build.stack, None)
    for number in (2, 3):
        quoted = (token or "").replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
        yield Case(f"events-page-{number}", _events("pages", f"?region=us-east-1&nextToken={quoted}"))
        _, token = account.event_page(build.stack, token)
    yield Case("events-empty-parameters", _events("pages", "?region=&nextToken="))
    yield Case("events-token-dead", _events("pages", "?region=us-east-1&nextToken=bm90IGEgdG9rZW4%3D"))


def life(account: Account) -> Iterator[Case]:
    """The responses of both calls at each stage of a build."""
    build = Build(account, "building", START)
    yield Case("events-first", _events("building"))
    yield Case("image-requested", _image("building"))
    _played(build.prepare())
    build.image_state("BUILDING")
    yield Case("events-building", _events("building"))
    yield Case("image-building", _image("building"))
    build.root("CREATE_COMPLETE")
    yield Case("image-create-complete-without-ami", _image("building"))
    build.tag_ami()
    build.root("DELETE_IN_PROGRESS", "User Initiated")
    yield Case("events-deleting-after-success", _events("building"))
    yield Case("image-deleting-after-success", _image("building"))
    build.gone()
    yield Case("events-gone-after-success", _events("building"))
    yield Case("image-available", _image("building"))

    for name in ("failure", "rollback", "leftover", "foreign"):
        _played(scenarios.SCENARIOS[name](account, name, START))
        yield Case(f"events-{name}", _events(name))
        yield Case(f"image-{name}", _image(name))

    stuck = Build(account, "stuck", START)
    stuck.root("DELETE_IN_PROGRESS", "User Initiated")
    yield Case("image-deleting-without-ami", _image("stuck"))
    stuck.root("DELETE_FAILED", "The following resource(s) failed to delete: [InstanceRole]. ")
    yield Case("image-delete-failed-without-ami", _image("stuck"))
    stuck.root("ROLLBACK_IN_PROGRESS")
    yield Case("image-rolling-back", _image("stuck"))


def oddities(account: Account) -> Iterator[Case]:
    """Responses outside the documented shapes."""
    build = Build(account, "odd", START)
    stack, root = build.stack, build.image_id
    odd = (
        ("no-physical-id", "Thing", "CREATE_IN_PROGRESS", None, None),
        ("unknown-status", "Thing", "IMPORT_SKIPPED_FOR_NOW", "thing-1", '{"Name":"thing"}'),
        ("not-json", "Thing", "CREATE_COMPLETE", "thing-1", "{truncated by the service"),
        ("hostile", "Thing", "CREATE_FAILED", "thing-1", '{"Name":"\u202egnp.exe"}'),
    )
    for event_id, logical_id, status, physical_id, properties in odd:
        event = StackEvent(
            event_id=event_id,
            logical_id=logical_id,
            resource_type="Custom::Thing",
            status=status,
            timestamp=START,
            physical_id=physical_id,
            reason="<b>&\u202e \u0085 ünï" if event_id == "hostile" else None,
            properties=properties,
            client_request_token="Console-DeleteStack-6ba7b810" if event_id == "hostile" else None,
        )
        account.add_events(stack, [event])
    build.root("REVIEW_OF_SOMETHING_NEW")
    yield Case("events-odd", _events(root))
    yield Case("image-unknown-stack-status", _image(root))
    bucket = stack_tags(root)["parallelcluster:s3_bucket"]
    account.before("S3", bucket, _raise("403", "Forbidden", 403))
    yield Case("image-without-bucket", _image(root))
    account.before("S3", bucket, None)
    account.before("GetImage", image_arn("failure"), _raise("AccessDeniedException", "not authorized", 403))
    yield Case("image-without-image-builder", _image("failure"))


def errors(account: Account) -> Iterator[Case]:
    """Every error that the server makes of an error of AWS."""
    yield Case("events-not-found", _events("nothing-here"))
    yield Case("image-not-found", _image("nothing-here"))
    yield Case("events-bad-image-id", _events("1image"))
    yield Case("image-bad-image-id", _image("under_score"))
    yield Case("events-bad-region", _events("failure", "?region=mars-north-1"))
    yield Case("unknown-route", "/v3/images/custom/failure/nothing")
    yield Case("wrong-method", _events("failure"), method="POST")
    yield Case("list-without-status", "/v3/images/custom")
    yield Case("list-with-bad-status", "/v3/images/custom?imageStatus=NOPE")

    role = "arn:aws:sts::123456789012:assumed-role/ParallelClusterLambdaRole/pcluster-api"
    denied = f"User: {role} is not authorized to perform: cloudformation"
    failures = (
        ("events-vanished", "DescribeStackEvents", "ValidationError", "Stack [failure] does not exist"),
        ("events-throttled", "DescribeStackEvents", "ThrottlingException", "Rate exceeded"),
        ("events-request-limit", "DescribeStacks", "RequestLimitExceeded", "Request limit exceeded."),
        ("events-denied", "DescribeStackEvents", "AccessDenied", f"{denied}:DescribeStackEvents"),
        ("events-stack-denied", "DescribeStacks", "AccessDenied", f"{denied}:DescribeStacks"),
        ("image-request-limit", "DescribeImages", "RequestLimitExceeded", "Request limit exceeded."),
        ("image-denied", "DescribeImages", "UnauthorizedOperation", "You are not authorized to do this."),
    )
    for name, operation, code, message in failures:
        account.before(operation, "failure", _raise(code, message))
        yield Case(name, (_events if name.startswith("events") else _image)("failure"))
        account.before(operation, "failure", None)
    account.before("DescribeStacks", "", _raise("Throttling", "Rate exceeded"))
    yield Case("list-throttled", "/v3/images/custom?imageStatus=PENDING")


def _with_marked_url(body: str) -> str:
    """A presigned URL of the scripted endpoint becomes one of S3's form that is the same every time."""
    url = re.compile(r"http://127\.0\.0\.1:\d+/([^/?]+)/([^?]+)\?([^\"]+)")
    marked = re.sub(r"(Signature)=[^&]+", r"\1=FAKE-SIGNATURE", body)
    marked = re.sub(r"(Expires)=\d+", r"\1=1768516562", marked)
    return url.sub(r"https://\1.s3.amazonaws.com/\2?\3", marked)


def ask(port: int, case: Case) -> dict[str, object]:
    """One fixture."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(case.method, case.path)
    response = connection.getresponse()
    body = _with_marked_url(response.read().decode())
    connection.close()
    return {
        "name": case.name,
        "request": {"method": case.method, "path": case.path},
        "status": response.status,
        "headers": {"content-type": response.getheader("Content-Type")},
        "body": body,
    }


def main() -> None:
    cloud = Cloud(page_size=PAGE_SIZE)
    FIXTURES.mkdir(parents=True, exist_ok=True)
    for old in FIXTURES.glob("*.json"):
        old.unlink()
    count = 0
    try:
        for chapter in (pages, life, oddities, errors):
            for case in chapter(cloud.account):
                fixture = json.dumps(ask(cloud.api.port, case), indent=2, ensure_ascii=False)
                (FIXTURES / f"{case.name}.json").write_text(fixture + "\n", encoding="utf-8")
                count += 1
    finally:
        cloud.close()
    print(f"{count} answers recorded in {FIXTURES}")


if __name__ == "__main__":
    main()
