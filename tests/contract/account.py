"""The state of a scripted AWS account: stacks with their events, Image Builder images and AMIs.
Tests change it directly, from any thread; fake_aws.py makes its responses to the real API server from it."""

import base64
import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"

Hook = Callable[[], None]


class AwsError(Exception):
    """An error response of an AWS service, raised by the account or by a test's hook."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class StackEvent:
    """One CloudFormation stack event; None means that CloudFormation leaves the field out."""

    event_id: str
    logical_id: str
    resource_type: str
    status: str
    timestamp: datetime
    physical_id: str | None = ""
    reason: str | None = None
    properties: str | None = None
    client_request_token: str | None = None


@dataclass
class Stack:
    """A CloudFormation stack. Events are kept oldest first and served newest first."""

    name: str
    stack_id: str
    created: datetime
    tags: dict[str, str]
    status: str = "CREATE_IN_PROGRESS"
    status_reason: str | None = None
    events: list[StackEvent] = field(default_factory=list)
    newest_by_resource: dict[str, StackEvent] = field(default_factory=dict)
    token_epoch: int = 0


@dataclass
class Ami:
    """A machine image as EC2 DescribeImages shows it."""

    ami_id: str
    name: str
    created: datetime
    tags: dict[str, str]
    description: str = "AWS ParallelCluster AMI"
    architecture: str = "x86_64"
    state: str = "available"


class Account:
    """All the state, behind one lock."""

    def __init__(self, page_size: int = 100) -> None:
        self.page_size = page_size
        self.unknown_operations: list[str] = []
        self._lock = threading.RLock()
        self._live: dict[str, Stack] = {}
        self._by_id: dict[str, Stack] = {}
        self._amis: dict[str, Ami] = {}
        self._image_states: dict[str, tuple[str, str | None]] = {}
        self._tokens: dict[str, tuple[str, int, int]] = {}
        self._hooks: dict[tuple[str, str], Hook] = {}

    # Changes by tests.

    def create_stack(self, name: str, stack_id: str, created: datetime, tags: dict[str, str]) -> Stack:
        """Start a stack; like CloudFormation, refuse a name that a living stack has."""
        with self._lock:
            if name in self._live:
                raise AwsError("AlreadyExistsException", f"Stack [{name}] already exists")
            stack = Stack(name, stack_id, created, tags)
            self._live[name] = self._by_id[stack_id] = stack
            return stack

    def add_events(self, stack: Stack, events: list[StackEvent]) -> None:
        """Append events, oldest first, and apply their statuses to the stack and its resources."""
        with self._lock:
            for event in events:
                stack.events.append(event)
                if event.physical_id == stack.stack_id:
                    stack.status, stack.status_reason = event.status, event.reason
                else:
                    stack.newest_by_resource[event.logical_id] = event

    def insert_late_event(self, stack: Stack, event: StackEvent, depth: int) -> None:
        """Put an event below the `depth` newest ones, as a service with late arrivals does."""
        with self._lock:
            stack.events.insert(len(stack.events) - depth, event)

    def delete_stack(self, stack: Stack) -> None:
        """The stack's name is free; its events stay reachable by its id only."""
        with self._lock:
            stack.status = "DELETE_COMPLETE"
            if self._live.get(stack.name) is stack:
                del self._live[stack.name]

    def set_image_state(self, image_arn: str, status: str, reason: str | None = None) -> None:
        """Set the state that Image Builder's GetImage returns."""
        with self._lock:
            self._image_states[image_arn] = (status, reason)

    def tag_ami(self, ami: Ami) -> None:
        """The AMI exists from now on, with its tags."""
        with self._lock:
            self._amis[ami.ami_id] = ami

    def kill_tokens(self, stack: Stack) -> None:
        """Every page token that this stack has returned is invalid from now on."""
        with self._lock:
            stack.token_epoch += 1

    def before(self, operation: str, subject: str, hook: Hook | None) -> None:
        """Run a hook before each `operation` on a stack name or image id; it may raise AwsError. None removes it."""
        with self._lock:
            if hook is None:
                self._hooks.pop((operation, subject), None)
            else:
                self._hooks[(operation, subject)] = hook

    # Responses of the services.

    def run_hook(self, operation: str, subject: str) -> None:
        """Called by the endpoint with every request, before its response."""
        with self._lock:
            hook = self._hooks.get((operation, subject))
        if hook is not None:
            hook()

    def find_stack(self, name_or_id: str) -> Stack | None:
        """By name only while it exists, by id for ever."""
        with self._lock:
            return self._live.get(name_or_id) or self._by_id.get(name_or_id)

    def event_page(self, stack: Stack, token: str | None) -> tuple[list[StackEvent], str | None]:
        """One page, newest first, and the token of the next."""
        with self._lock:
            end = len(stack.events)
            if token is not None:
                stack_id, epoch, end = self._tokens.get(token, ("", -1, 0))
                if (stack_id, epoch) != (stack.stack_id, stack.token_epoch):
                    raise AwsError("ValidationError", f"{token} is not a valid NextToken")
            start = max(0, end - self.page_size)
            page = stack.events[start:end][::-1]
            return page, self._issue_token(stack, start) if start > 0 else None

    def _issue_token(self, stack: Stack, end: int) -> str:
        """A token as awkward in a URL as base64 can be: with plus, slash and padding."""
        salt = 0
        while True:
            seed = f"{stack.stack_id}|{stack.token_epoch}|{end}|{salt}".encode()
            token = base64.b64encode(hashlib.sha512(seed).digest()).decode()
            if "+" in token and "/" in token:
                break
            salt += 1
        self._tokens[token] = (stack.stack_id, stack.token_epoch, end)
        return token

    def images_with_tags(self, wanted: dict[str, list[str]]) -> list[Ami]:
        """The AMIs that have, for each tag, one of the values."""
        with self._lock:
            return [
                ami
                for ami in self._amis.values()
                if all(ami.tags.get(key) in values for key, values in wanted.items())
            ]

    def image_state(self, image_arn: str) -> tuple[str, str | None] | None:
        """Status and reason of an Image Builder image."""
        with self._lock:
            return self._image_states.get(image_arn)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """A moment in UTC."""
    return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
