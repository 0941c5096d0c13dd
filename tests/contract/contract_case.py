"""The parts that all contract tests share: a test's own image id and gateway, following a scenario step by step,
and the rules that hold for every run of the program."""

import re
import unittest
from datetime import datetime, timezone
from typing import Any

import cloud
from account import Stack
from api_process import SERVER_ACCESS_KEY, SERVER_SESSION_TOKEN
from faults import Schedule, never
from gateway import CLIENT_CREDENTIALS, Exchange, Gateway
from scenarios import Build, Steps, burst
from sigv4 import Credentials
from watcher import DEADLINE, Line, Watch, watch_arguments

STATES = {"waiting", "live", "throttled", "unreachable", "unauthorized", "misconfigured", "gap", "finishing", "failing"}
CANARIES = (
    CLIENT_CREDENTIALS.secret_key,
    str(CLIENT_CREDENTIALS.session_token),
    SERVER_ACCESS_KEY,
    SERVER_SESSION_TOKEN,
    "Signature=",
)


class ContractCase(unittest.TestCase):
    """One test, one image id, one gateway, one or more runs of the program."""

    maxDiff = 4000

    def setUp(self) -> None:
        self.cloud = cloud.shared()
        self.account = self.cloud.account
        self.image_id = re.sub(r"[^a-z0-9]+", "-", self._testMethodName.lower())
        self.start = datetime.now(timezone.utc)
        self._gateways: list[Gateway] = []
        self._watches: list[Watch] = []

    def tearDown(self) -> None:
        """The promises that every test keeps: read-only, signed, no secrets, only known AWS calls."""
        for watch in self._watches:
            printed = "\n".join(watch.output + watch.errors)
            for canary in CANARIES:
                self.assertNotIn(canary, printed, "a secret was printed")
        for gateway in self._gateways:
            self.assertEqual({"GET"}, {exchange.method for exchange in gateway.log} | {"GET"})
        self.assertEqual([], self.account.unknown_operations)

    def gateway(self, schedule: Schedule = never, credentials: Credentials | None = CLIENT_CREDENTIALS) -> Gateway:
        """A gateway of this test's own; every request to it must be signed correctly, see `assert_signed`."""
        gateway = Gateway(self.cloud.api.port, schedule, credentials)
        self._gateways.append(gateway)
        self.addCleanup(gateway.close)
        return gateway

    def watch(
        self, gateway: Gateway, *flags: str, output: str = "json", credentials: Credentials | None = CLIENT_CREDENTIALS
    ) -> Watch:
        """Start watching this test's image."""
        return self.run_program(watch_arguments(self.image_id, gateway.url, *flags, output=output), credentials)

    def run_program(self, arguments: list[str], credentials: Credentials | None = CLIENT_CREDENTIALS) -> Watch:
        """Start the program with any arguments."""
        watch = Watch(arguments, credentials)
        self._watches.append(watch)
        self.addCleanup(watch.close)
        return watch

    def stack(self) -> Stack:
        """The existing stack of this test's image."""
        stack = self.account.find_stack(self.image_id)
        assert stack is not None
        return stack

    def watch_building(self, gateway: Gateway, events: int, *flags: str) -> tuple[Build, Watch]:
        """Watch a build that has that many events and continues; all of them are printed on return."""
        build = Build(self.account, self.image_id, self.start)
        burst(build, events - len(build.stack.events))
        watch = self.watch(gateway, *flags)
        watch.wait_for_events(build.stack.stack_id, events)
        return build, watch

    def play(self, steps: Steps) -> None:
        """Play a whole scenario at once."""
        for _ in steps:
            pass

    def follow(self, watch: Watch, steps: Steps, deadline: float = DEADLINE) -> None:
        """Take each step only when every event of the one before is printed."""
        for _ in steps:
            stack = self.account.find_stack(self.image_id)
            if stack is not None:
                watch.wait_for_events(stack.stack_id, len(stack.events), deadline)

    def outcome(self, watch: Watch, code: int, deadline: float = DEADLINE) -> Line:
        """Wait for the end, check the code and the form of all lines, return the outcome."""
        actual = watch.finish(deadline)
        self.assertEqual(code, actual, watch.transcript())
        lines = watch.lines
        self.assertEqual(len(watch.output), len(lines), "a line is not JSON")
        self.assertEqual(["outcome"], [line["kind"] for line in lines[-1:]], watch.transcript())
        self.assert_form(lines)
        self.assertEqual(self.image_id, lines[-1]["imageId"])
        return lines[-1]

    def assert_form(self, lines: list[Line]) -> None:
        """Each stack has one stack line, before its first event; states change; one outcome, with correct counts."""
        stacks: list[str] = []
        states: list[str] = []
        events = 0
        for line in lines:
            match line["kind"]:
                case "stack":
                    self.assertNotIn(line["stackId"], stacks)
                    stacks.append(line["stackId"])
                case "event":
                    events += 1
                    self.assertIn(line["stackId"], stacks)
                    self.assertEqual(line["stackId"], line["event"]["stackId"])
                case "status":
                    self.assertIn(line["state"], STATES)
                    self.assertIsInstance(line["message"], str)
                    states.append(line["state"])
                case "outcome":
                    self.assertIs(line, lines[-1])
                    self.assertNotIn(None, line.values())
                    self.assertEqual(events, line["events"])
                case unknown:
                    self.fail(f"a line of the kind {unknown}")
        for before, after in zip(states, states[1:]):
            self.assertNotEqual(before, after, "a status line without a change")

    def assert_signed(self, gateway: Gateway) -> None:
        """Every request was signed by the rules of AWS, and there were some."""
        verdicts = [exchange.verdict for exchange in gateway.log]
        self.assertNotEqual([], verdicts)
        self.assertEqual({"accepted"}, set(verdicts))

    def assert_complete(self, watch: Watch, log: list[Exchange], stack: Stack) -> None:
        """The events that the API served of the stack are printed: each once, oldest first, field for field."""
        served: dict[str, dict[str, Any]] = {}
        for exchange in log:
            for event in exchange.page():
                if event["stackId"] == stack.stack_id:
                    served[event["eventId"]] = event
        expected = [served[event.event_id] for event in stack.events if event.event_id in served]
        printed = watch.events(stack.stack_id)
        self.assertEqual([each["eventId"] for each in expected], [each["eventId"] for each in printed])
        self.assertEqual(expected, printed)
