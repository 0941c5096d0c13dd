"""A scripted AWS endpoint on loopback: the few CloudFormation, EC2, STS, Image Builder and S3 calls
that the real ParallelCluster API makes for one image, served from an Account."""

import json
import re
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit
from xml.sax.saxutils import escape

from account import ACCOUNT_ID, Account, Ami, AwsError, Stack, StackEvent

Params = dict[str, str]

# The content of the marker object in ParallelCluster's bucket; without it the server would set the bucket up.
BOOTSTRAPPED = json.dumps({"bootstrapped_features": ["basic", "export-logs"]})


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _xml(tag: str, value: str | None) -> str:
    return "" if value is None else f"<{tag}>{escape(value)}</{tag}>"


def _tag_members(tags: dict[str, str], wrapper: str, key: str, value: str) -> str:
    return "".join(f"<{wrapper}>{_xml(key, k)}{_xml(value, v)}</{wrapper}>" for k, v in tags.items())


class FakeAws:
    """Makes the responses, without sockets."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._query_operations = {
            "DescribeStacks": self._describe_stacks,
            "DescribeStackResource": self._describe_stack_resource,
            "DescribeStackEvents": self._describe_stack_events,
            "DescribeImages": self._describe_images,
            "GetCallerIdentity": self._get_caller_identity,
        }

    def query(self, params: Params) -> str:
        """CloudFormation, EC2 and STS: the operation is a form field."""
        operation = params.get("Action", "")
        handler = self._query_operations.get(operation)
        if handler is None:
            self.account.unknown_operations.append(operation)
            raise AwsError("InvalidAction", f"The scripted endpoint has no {operation}")
        return handler(params)

    def _stack(self, params: Params, operation: str, missing: str) -> Stack:
        name = params.get("StackName", "")
        self.account.run_hook(operation, name)
        stack = self.account.find_stack(name)
        if stack is None:
            raise AwsError("ValidationError", missing.format(name))
        return stack

    def _describe_stacks(self, params: Params) -> str:
        stack = self._stack(params, "DescribeStacks", "Stack with id {} does not exist")
        body = (
            _xml("StackId", stack.stack_id)
            + _xml("StackName", stack.name)
            + _xml("CreationTime", _iso(stack.created))
            + _xml("StackStatus", stack.status)
            + _xml("StackStatusReason", stack.status_reason)
            + f"<Tags>{_tag_members(stack.tags, 'member', 'Key', 'Value')}</Tags>"
        )
        return _cloudformation("DescribeStacks", f"<Stacks><member>{body}</member></Stacks>")

    def _describe_stack_resource(self, params: Params) -> str:
        stack = self._stack(params, "DescribeStackResource", "Stack '{}' does not exist")
        logical_id = params.get("LogicalResourceId", "")
        event = stack.newest_by_resource.get(logical_id)
        if event is None:
            raise AwsError("ValidationError", f"Resource {logical_id} does not exist for stack {stack.name}")
        body = (
            _xml("StackName", stack.name)
            + _xml("StackId", stack.stack_id)
            + _xml("LogicalResourceId", logical_id)
            + _xml("PhysicalResourceId", event.physical_id or None)
            + _xml("ResourceType", event.resource_type)
            + _xml("LastUpdatedTimestamp", _iso(event.timestamp))
            + _xml("ResourceStatus", event.status)
        )
        return _cloudformation("DescribeStackResource", f"<StackResourceDetail>{body}</StackResourceDetail>")

    def _describe_stack_events(self, params: Params) -> str:
        stack = self._stack(params, "DescribeStackEvents", "Stack [{}] does not exist")
        page, token = self.account.event_page(stack, params.get("NextToken"))
        members = "".join(f"<member>{_event(stack, event)}</member>" for event in page)
        return _cloudformation(
            "DescribeStackEvents", f"<StackEvents>{members}</StackEvents>" + _xml("NextToken", token)
        )

    def _describe_images(self, params: Params) -> str:
        wanted: dict[str, list[str]] = {}
        number = 1
        while name := params.get(f"Filter.{number}.Name"):
            values = [v for k, v in params.items() if k.startswith(f"Filter.{number}.Value.")]
            wanted[name.removeprefix("tag:")] = values
            number += 1
        image_id = next(iter(wanted.get("parallelcluster:image_id", [])), "")
        self.account.run_hook("DescribeImages", image_id)
        items = "".join(f"<item>{_ami(ami)}</item>" for ami in self.account.images_with_tags(wanted))
        return (
            '<DescribeImagesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
            f"<requestId>scripted</requestId><imagesSet>{items}</imagesSet></DescribeImagesResponse>"
        )

    def _get_caller_identity(self, params: Params) -> str:
        self.account.run_hook("GetCallerIdentity", "")
        arn = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/ParallelClusterLambdaRole/pcluster-api"
        return (
            '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
            f"<GetCallerIdentityResult>{_xml('Arn', arn)}{_xml('UserId', 'AROAFAKE:pcluster-api')}"
            f"{_xml('Account', ACCOUNT_ID)}</GetCallerIdentityResult>"
            "<ResponseMetadata><RequestId>scripted</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
        )

    def get_image(self, params: Params) -> str:
        """Image Builder GetImage: the state of the one image."""
        arn = params.get("imageBuildVersionArn", "")
        self.account.run_hook("GetImage", arn)
        state = self.account.image_state(arn)
        if state is None:
            raise AwsError("ResourceNotFoundException", f"The resource with ARN {arn} cannot be found.", 404)
        status, reason = state
        described = {"status": status} if reason is None else {"status": status, "reason": reason}
        return json.dumps({"requestId": "scripted", "image": {"arn": arn, "state": described}})


def _cloudformation(operation: str, result: str) -> str:
    return (
        f'<{operation}Response xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">'
        f"<{operation}Result>{result}</{operation}Result>"
        f"<ResponseMetadata><RequestId>scripted</RequestId></ResponseMetadata></{operation}Response>"
    )


def _event(stack: Stack, event: StackEvent) -> str:
    return (
        _xml("StackId", stack.stack_id)
        + _xml("EventId", event.event_id)
        + _xml("StackName", stack.name)
        + _xml("LogicalResourceId", event.logical_id)
        + _xml("PhysicalResourceId", event.physical_id)
        + _xml("ResourceType", event.resource_type)
        + _xml("Timestamp", _iso(event.timestamp))
        + _xml("ResourceStatus", event.status)
        + _xml("ResourceStatusReason", event.reason)
        + _xml("ResourceProperties", event.properties)
        + _xml("ClientRequestToken", event.client_request_token)
    )


def _ami(ami: Ami) -> str:
    return (
        _xml("imageId", ami.ami_id)
        + _xml("name", ami.name)
        + _xml("description", ami.description)
        + _xml("architecture", ami.architecture)
        + _xml("imageState", ami.state)
        + _xml("creationDate", _iso(ami.created))
        + f"<tagSet>{_tag_members(ami.tags, 'item', 'key', 'value')}</tagSet>"
    )


def _error_body(service: str, error: AwsError) -> tuple[str, str]:
    """Each protocol has its own shape of an error."""
    code, message = escape(error.code), escape(error.message)
    if service == "imagebuilder":
        return "application/json", json.dumps({"message": error.message})
    if service == "ec2":
        return "text/xml", (
            f"<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>"
            "<RequestID>scripted</RequestID></Response>"
        )
    return "text/xml", (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        "<RequestId>scripted</RequestId></ErrorResponse>"
    )


class _Handler(BaseHTTPRequestHandler):
    """One HTTP exchange; the service is read from the credential scope of its signature."""

    protocol_version = "HTTP/1.1"
    # One write per response: two small ones would wait 40 ms for each other's acknowledgement.
    wbufsize = -1
    server: "FakeAwsServer"

    def _service(self) -> str:
        scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", self.headers.get("Authorization", ""))
        return scope.group(1) if scope else ""

    def _answer(self, status: int, content_type: str, body: str, headers: dict[str, str] | None = None) -> None:
        payload = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(payload)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload)

    def _fail(self, service: str, error: AwsError) -> None:
        content_type, body = _error_body(service, error)
        self._answer(error.status, content_type, body, {"x-amzn-ErrorType": error.code})

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        params = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
        try:
            self._answer(200, "text/xml", self.server.aws.query(params))
        except AwsError as error:
            self._fail(self._service(), error)

    def do_GET(self) -> None:
        service = self._service()
        url = urlsplit(self.path)
        if service == "imagebuilder" and url.path == "/GetImage":
            params = {key: values[0] for key, values in parse_qs(url.query).items()}
            try:
                self._answer(200, "application/json", self.server.aws.get_image(params))
            except AwsError as error:
                self._fail(service, error)
        elif service == "s3":
            bucket = url.path.split("/")[1]
            try:
                self.server.aws.account.run_hook("S3", bucket)
                self._answer(200, "application/json", BOOTSTRAPPED)
            except AwsError as error:
                self._fail(service, error)
        else:
            self.server.aws.account.unknown_operations.append(f"{service} GET {url.path}")
            self._fail(service, AwsError("InvalidAction", "not scripted"))

    do_HEAD = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """No log: the account counts the calls."""


class FakeAwsServer(ThreadingHTTPServer):
    """The endpoint; serves until closed."""

    daemon_threads = True

    def __init__(self, account: Account) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.aws = FakeAws(account)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """An API server that was killed no longer waits for its response."""

    def close(self) -> None:
        self.shutdown()
        self.server_close()
