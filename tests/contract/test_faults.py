"""The watch continues through every kind of fault, loses no event, shows none twice and reaches no wrong verdict.
Each kind meets every second request over a history of 5,000 events."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import faults
import scenarios
from account import AwsError
from contract_case import ContractCase
from faults import Fault, Schedule
from scenarios import Build

HISTORY = 5_000


class EverySecondRequest(ContractCase):
    """Generated below: one test a fault."""

    def survive(self, schedule: Schedule) -> None:
        gateway = self.gateway(schedule)
        build = Build(self.account, self.image_id, self.start)
        scenarios.burst(build, HISTORY - 1)
        watch = self.watch(gateway)
        watch.wait_for_events(build.stack.stack_id, HISTORY, deadline=120)
        scenarios.burst(build, 250)
        watch.wait_for_events(build.stack.stack_id, HISTORY + 250, deadline=60)
        build.tag_ami()
        build.root("DELETE_IN_PROGRESS", "User Initiated")
        watch.wait_for_events(build.stack.stack_id, HISTORY + 251, deadline=60)
        build.gone()
        outcome = self.outcome(watch, 0)
        self.assertEqual("succeeded", outcome["outcome"])
        self.assertEqual(HISTORY + 251, outcome["events"])
        self.assert_complete(watch, gateway.log, build.stack)
        self.assertTrue(any(exchange.fault for exchange in gateway.log))
        self.assert_signed(gateway)


def _every_second(fault: Fault) -> Callable[[EverySecondRequest], None]:
    return lambda self: self.survive(faults.every_second(fault))


for _fault in (
    faults.TOO_MANY_REQUESTS,
    faults.INTERNAL_ERROR,
    faults.BAD_GATEWAY,
    faults.UNAVAILABLE,
    faults.TIMED_OUT,
    faults.RESET,
    faults.TRUNCATED,
    faults.HALF_JSON,
    faults.CAPTIVE_PORTAL,
    faults.EXPIRED_CREDENTIALS,
    faults.DEAD_TOKEN,
    faults.slow(0.3),
):
    setattr(EverySecondRequest, f"test_{_fault.name.replace(' ', '_').replace('.', '_')}", _every_second(_fault))


class Faults(ContractCase):
    """Faults with a course of their own."""

    def test_tokens_that_die_during_the_walk(self) -> None:
        """A rejected token is dropped; the one before it, or a new walk, takes its place."""
        gateway = self.gateway(faults.at(faults.DEAD_TOKEN, {4, 9, 31, 32, 60}))
        build = Build(self.account, self.image_id, self.start)
        scenarios.burst(build, 1_999)
        watch = self.watch(gateway)
        gateway.wait_for(lambda log: len(log) >= 12)
        self.account.kill_tokens(build.stack)
        watch.wait_for_events(build.stack.stack_id, 2_000)
        build.fail_image()
        build.root("CREATE_FAILED")
        self.assertEqual("failed", self.outcome(watch, 3)["outcome"])
        self.assert_complete(watch, gateway.log, build.stack)
        self.assertIn(500, {exchange.status for exchange in gateway.log if exchange.fault})

    def test_throttled_cloudformation_looks_like_a_time_out(self) -> None:
        """The real server then sleeps and retries for ever, and the gateway gives up on it."""
        gateway = self.gateway()
        gateway.integration_timeout = 1.0
        steps = scenarios.success(self.account, self.image_id, self.start)
        next(steps)
        stack = self.stack()
        watch = self.watch(gateway)
        watch.wait_for_events(stack.stack_id, len(stack.events))
        throttled = threading.Event()

        def throttle() -> None:
            throttled.set()
            raise AwsError("Throttling", "Rate exceeded")

        self.account.before("DescribeStackEvents", self.image_id, throttle)
        watch.wait_for_state("throttled")
        self.assertTrue(throttled.is_set())
        self.account.before("DescribeStackEvents", self.image_id, None)
        gateway.integration_timeout = 29.0
        self.follow(watch, steps)
        self.assertEqual("succeeded", self.outcome(watch, 0)["outcome"])
        self.assertIn(504, {exchange.status for exchange in gateway.log})
        self.assert_complete(watch, gateway.log, stack)

    def test_wrong_clock_is_corrected(self) -> None:
        gateway = self.gateway()
        gateway.clock_offset = timedelta(minutes=10)
        self.play(scenarios.failure(self.account, self.image_id, self.start))
        watch = self.watch(gateway)
        self.assertEqual("failed", self.outcome(watch, 3)["outcome"])
        verdicts = [exchange.verdict for exchange in gateway.log]
        self.assertEqual(["InvalidSignatureException"], verdicts[:1])
        self.assertEqual({"accepted"}, set(verdicts[2:]), "the clock must stay corrected")
        self.assert_complete(watch, gateway.log, self.stack())

    def test_late_event_is_shown_once(self) -> None:
        gateway = self.gateway()
        build, watch = self.watch_building(gateway, 31)
        late = replace(build.stack.events[10], event_id="late-arrival")
        self.account.insert_late_event(build.stack, late, depth=5)
        watch.wait_for_events(build.stack.stack_id, 32)
        build.root("CREATE_FAILED", "The following resource(s) failed to create: [x]. ")
        self.outcome(watch, 3)
        printed = [event["eventId"] for event in watch.events(build.stack.stack_id)]
        self.assertEqual(len(build.stack.events), len(set(printed)))
        self.assertEqual(len(printed), len(set(printed)))
        self.assertIn("late-arrival", printed)

    def test_newer_api_with_fields_and_statuses_of_its_own(self) -> None:
        """Stands for a later version of the API: all its fields are passed on."""
        gateway = self.gateway()

        def rewrite(body: bytes) -> bytes:
            answer = json.loads(body)
            for number, event in enumerate(answer.get("events", [])):
                event["detailedStatus"] = "CONFIGURATION_COMPLETE"
                event["hook"] = {"type": "a::b::c", "retries": number, "ratio": 0.5, "nested": [None, True, "ü\u202e"]}
                if event["logicalResourceId"] == "ImageRecipe":
                    event["resourceStatus"] = "IMPORT_SKIPPED_FOR_NOW"
                    event.pop("resourceType")
            return json.dumps(answer).encode()

        gateway.rewrite = rewrite
        self.play(scenarios.failure(self.account, self.image_id, self.start))
        watch = self.watch(gateway)
        self.assertEqual("failed", self.outcome(watch, 3)["outcome"])
        self.assert_complete(watch, gateway.log, self.stack())
