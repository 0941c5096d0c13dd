"""Whole builds from the first event to the outcome: the printed lines, and the exit code.
The responses are the real API server's; the scenarios are in scenarios.py."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import scenarios
from account import Account, AwsError, Stack
from contract_case import ContractCase
from gateway import Gateway
from image_stack import IMAGE, stack_arn
from scenarios import Steps
from watcher import Line, Watch


@dataclass(frozen=True)
class BuildWatch:
    """A scenario that was watched to its end."""

    gateway: Gateway
    watch: Watch
    stack: Stack
    outcome: Line


class Builds(ContractCase):
    """Each test is one scenario."""

    def watch_build(self, scenario: Callable[[Account, str, datetime], Steps], code: int) -> BuildWatch:
        """Watch a scenario from its first event on; `stack` is the one that it began with."""
        gateway = self.gateway()
        steps = scenario(self.account, self.image_id, self.start)
        next(steps)
        stack = self.stack()
        watch = self.watch(gateway)
        watch.wait_for_events(stack.stack_id, len(stack.events))
        self.follow(watch, steps)
        outcome = self.outcome(watch, code)
        self.assert_complete(watch, gateway.log, stack)
        self.assert_signed(gateway)
        return BuildWatch(gateway, watch, stack, outcome)

    def test_success(self) -> None:
        watched = self.watch_build(scenarios.success, 0)
        self.assertEqual("succeeded", watched.outcome["outcome"])
        self.assertEqual(watched.stack.stack_id, watched.outcome["stackId"])
        [ami] = self.account.images_with_tags({"parallelcluster:image_id": [self.image_id]})
        self.assertEqual(ami.ami_id, watched.outcome["amiId"])
        self.assertFalse(watched.outcome.get("leftoverStack"))
        self.assertNotIn("firstFailure", watched.outcome)
        self.assertEqual(watched.watch.events(watched.stack.stack_id)[0]["timestamp"], watched.outcome["startedAt"])
        # The AMI is made before it is tested and distributed.
        ended = datetime.fromisoformat(watched.outcome["endedAt"])
        self.assertLess(abs((ended - ami.created).total_seconds()), 10)
        # All but the last DELETE_COMPLETE, which is not visible by name.
        self.assertEqual(len(watched.stack.events) - 1, watched.outcome["events"])

    def test_failure(self) -> None:
        watched = self.watch_build(scenarios.failure, 3)
        self.assertEqual("failed", watched.outcome["outcome"])
        self.assertNotIn("amiId", watched.outcome)
        failed = next(event for event in watched.stack.events if event.status == "CREATE_FAILED")
        self.assertEqual(
            {
                "logicalResourceId": IMAGE,
                "resourceType": "AWS::ImageBuilder::Image",
                "reason": failed.reason,
                "eventId": failed.event_id,
            },
            watched.outcome["firstFailure"],
        )
        self.assertEqual(len(watched.stack.events), watched.outcome["events"])

    def test_failure_that_is_already_over(self) -> None:
        gateway = self.gateway()
        self.play(scenarios.failure(self.account, self.image_id, self.start))
        watch = self.watch(gateway)
        outcome = self.outcome(watch, 3)
        self.assertEqual("failed", outcome["outcome"])
        self.assert_complete(watch, gateway.log, self.stack())

    def test_rollback_is_watched_to_its_end(self) -> None:
        watched = self.watch_build(scenarios.rollback, 3)
        self.assertEqual("failed", watched.outcome["outcome"])
        self.assertEqual(IMAGE, watched.outcome["firstFailure"]["logicalResourceId"])
        self.assertEqual("ROLLBACK_COMPLETE", watched.watch.events(watched.stack.stack_id)[-1]["resourceStatus"])

    def test_leftover_stack_is_still_a_success(self) -> None:
        watched = self.watch_build(scenarios.leftover, 0)
        self.assertEqual("succeeded", watched.outcome["outcome"])
        self.assertIs(True, watched.outcome["leftoverStack"])
        self.assertIn("amiId", watched.outcome)
        self.assertEqual("DELETE_FAILED", watched.watch.events(watched.stack.stack_id)[-1]["resourceStatus"])

    def test_deleted_in_the_middle(self) -> None:
        watched = self.watch_build(scenarios.deleted, 5)
        self.assertEqual("deleted", watched.outcome["outcome"])
        self.assertNotIn("amiId", watched.outcome)
        for is_events in (True, False):
            gone = [each for each in watched.gateway.log if each.status == 404 and each.is_events == is_events]
            # The program counts from response to response. Both are after the arrival of their requests, so a loaded
            # machine makes this span longer, never shorter.
            self.assertGreaterEqual(gone[-1].responded - gone[0].arrived, 4.5, "gone must be confirmed 5 s later")

    def test_rebuild_is_a_new_generation(self) -> None:
        watched = self.watch_build(scenarios.rebuild, 0)
        second = self.account.find_stack(stack_arn(self.image_id, 2))
        assert second is not None
        stack_lines = [line["stackId"] for line in watched.watch.of_kind("stack")]
        self.assertEqual([watched.stack.stack_id, second.stack_id], stack_lines)
        self.assertEqual(second.stack_id, watched.outcome["stackId"])
        self.assertEqual("succeeded", watched.outcome["outcome"])
        self.assertEqual(watched.watch.events(second.stack_id)[0]["timestamp"], watched.outcome["startedAt"])
        self.assert_complete(watched.watch, watched.gateway.log, second)

    def test_stack_of_someone_else(self) -> None:
        watched = self.watch_build(scenarios.foreign, 1)
        self.assertEqual("unknown", watched.outcome["outcome"])

    def test_five_thousand_events_then_bursts(self) -> None:
        watched = self.watch_build(scenarios.busy, 3)
        self.assertEqual(6_002, watched.outcome["events"])

    def test_image_that_is_long_available(self) -> None:
        gateway = self.gateway()
        self.play(scenarios.success(self.account, self.image_id, self.start))
        outcome = self.outcome(self.watch(gateway), 0, deadline=20)
        self.assertEqual("succeeded", outcome["outcome"])
        self.assertIn("amiId", outcome)
        self.assertEqual(0, outcome["events"])
        self.assertNotIn("stackId", outcome)

    def test_never_existed(self) -> None:
        gateway = self.gateway()
        watch = self.watch(gateway)
        outcome = self.outcome(watch, 5)
        self.assertEqual("not-found", outcome["outcome"])
        for is_events in (True, False):
            missing = [each for each in gateway.log if each.is_events == is_events]
            self.assertGreaterEqual(len(missing), 2)
            self.assertGreaterEqual(missing[-1].responded - missing[0].arrived, 2.5, "one 404 proves nothing")

    def test_wait_for_an_image_that_comes_later(self) -> None:
        gateway = self.gateway()
        watch = self.watch(gateway, "--wait")
        watch.wait_for_state("waiting")
        gateway.wait_for(lambda log: len([each for each in log if each.is_events]) >= 3)
        steps = scenarios.success(self.account, self.image_id, self.start)
        next(steps)
        stack = self.stack()
        self.follow(watch, steps)
        self.assertEqual("succeeded", self.outcome(watch, 0)["outcome"])
        self.assert_complete(watch, gateway.log, stack)

    def test_stack_vanishes_between_two_calls_of_the_server(self) -> None:
        """The real server then responds with 500 `Stack [x] does not exist`; it means the same as its 404."""
        gateway = self.gateway()
        steps = scenarios.success(self.account, self.image_id, self.start)
        next(steps)
        watch = self.watch(gateway)
        stack = self.stack()
        vanished = threading.Event()

        def vanish() -> None:
            vanished.set()
            raise AwsError("ValidationError", f"Stack [{self.image_id}] does not exist")

        for _ in steps:
            if stack.status == "DELETE_IN_PROGRESS":
                watch.wait_for_events(stack.stack_id, len(stack.events))
                self.account.before("DescribeStackEvents", self.image_id, vanish)
                break
        gateway.wait_for(lambda log: any(each.is_events and each.status == 500 for each in log))
        self.assertTrue(vanished.is_set())
        self.account.delete_stack(stack)
        self.assertEqual("succeeded", self.outcome(watch, 0)["outcome"])
        self.assert_complete(watch, gateway.log, stack)

    def test_text_output(self) -> None:
        gateway = self.gateway()
        steps = scenarios.failure(self.account, self.image_id, self.start)
        next(steps)
        watch = self.watch(gateway, output="text")
        stack = self.stack()
        for _ in steps:
            wanted = len(stack.events)
            watch.wait_for(lambda: len(watch.output) >= wanted, f"{wanted} lines")
        self.assertEqual(3, watch.finish(), watch.transcript())
        lines = iter(watch.output)
        for event in stack.events:
            found = any(event.status in line and event.logical_id in line for line in lines)
            self.assertTrue(found, f"{event.event_id} is missing or out of order")
        self.assertIn("failed", "\n".join(watch.output[-5:]).lower())
        self.assertIn("live", "\n".join(watch.errors), "the status goes to standard error")
        self.assertNotIn("\x1b", "\n".join(watch.output), "a pipe gets no escape codes")
