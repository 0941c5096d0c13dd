"""`bakewatch watch IMAGE_ID` with nothing but AWS credentials, against emulators that nobody here wrote.
What is printed is compared with what boto3 reads from the same emulator."""

import json
import re
import unittest
from typing import Any

import emulators
from emulators import REGION, Faults
from watcher import Line, Watch


def template(timeout: int, roles: int = 1) -> str:
    """A stack with the resource types that ministack knows; the wait condition fails after `timeout` seconds."""
    policy = {"Version": "2012-10-17", "Statement": []}
    resources: dict[str, Any] = {
        f"Role{number}": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": policy}}
        for number in range(roles)
    }
    if timeout:
        resources["Handle"] = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
        wait = {"Handle": {"Ref": "Handle"}, "Timeout": str(timeout), "Count": 1}
        resources["Wait"] = {
            "Type": "AWS::CloudFormation::WaitCondition",
            "DependsOn": ["Handle", *(f"Role{number}" for number in range(roles))],
            "Properties": wait,
        }
    return json.dumps({"Resources": resources})


class Direct(unittest.TestCase):
    """One test, one image id."""

    maxDiff = 4000

    def setUp(self) -> None:
        self.emulators = emulators.shared()
        self.cloudformation = self.emulators.client("cloudformation")
        self.image_id = re.sub(r"[^a-z0-9]+", "-", self._testMethodName.lower())

    def build(self, timeout: int, roles: int = 1) -> str:
        """Create the stack; returns its ARN."""
        answer = self.cloudformation.create_stack(
            StackName=self.image_id,
            TemplateBody=template(timeout, roles),
            Tags=[
                {"Key": "parallelcluster:image_id", "Value": self.image_id},
                {"Key": "parallelcluster:version", "Value": "3.16.1"},
            ],
        )
        return str(answer["StackId"])

    def register(self) -> str:
        """An AMI with ParallelCluster's tags."""
        ec2 = self.emulators.client("ec2")
        ami = ec2.register_image(Name=f"{self.image_id} 2026", RootDeviceName="/dev/xvda")["ImageId"]
        tags = {"image_id": self.image_id, "build_status": "available", "version": "3.16.1"}
        ec2.create_tags(
            Resources=[ami], Tags=[{"Key": f"parallelcluster:{key}", "Value": value} for key, value in tags.items()]
        )
        return str(ami)

    def delete(self, stack_id: str) -> None:
        """Delete the stack and wait until it is gone."""
        self.cloudformation.delete_stack(StackName=stack_id)
        self.cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=stack_id, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )

    def watch(self, *flags: str, target: str | None = None, **endpoints: str) -> Watch:
        """Start `bakewatch watch` on this test's image, or on another target."""
        chosen = ["--region", REGION, "--interval", "200ms", "--output", "json"]
        arguments = ["watch", target or self.image_id, *chosen, *flags]
        watch = Watch(arguments, None, self.emulators.environment(**endpoints))
        self.addCleanup(watch.close)
        return watch

    def served(self, stack_id: str) -> list[dict[str, Any]]:
        """The events of the stack as boto3 reads them, oldest first."""
        pages = self.cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id)
        return [event for page in pages for event in page["StackEvents"]][::-1]

    def outcome(self, watch: Watch, code: int) -> Line:
        """Wait for the end, check the code, return the last line."""
        self.assertEqual(code, watch.finish(), watch.transcript())
        self.assertEqual("outcome", watch.lines[-1]["kind"])
        self.assertNotIn(emulators.KEYS["AWS_SECRET_ACCESS_KEY"], "\n".join(watch.output + watch.errors))
        return watch.lines[-1]

    def assert_complete(self, watch: Watch, stack_id: str) -> None:
        """Each event once, in the service's order, with its fields."""
        expected = [
            (each["EventId"], each["LogicalResourceId"], each["ResourceStatus"], each.get("ResourceStatusReason") or None)
            for each in self.served(stack_id)
        ]
        printed = [
            (each["eventId"], each["logicalResourceId"], each["resourceStatus"], each.get("resourceStatusReason"))
            for each in watch.events(stack_id)
        ]
        self.assertEqual(expected, printed)

    def test_direct_failure_with_rollback_is_followed_to_its_end(self) -> None:
        stack_id = self.build(timeout=3)
        watch = self.watch()
        outcome = self.outcome(watch, 3)
        self.assert_complete(watch, stack_id)
        self.assertEqual("failed", outcome["outcome"])
        self.assertEqual("Wait", outcome["firstFailure"]["logicalResourceId"])

    def test_direct_pages_of_events_are_read_to_the_first(self) -> None:
        stack_id = self.build(timeout=3, roles=70)
        watch = self.watch()
        self.outcome(watch, 3)
        self.assertGreater(len(watch.events(stack_id)), 200)
        self.assert_complete(watch, stack_id)

    def test_direct_events_after_the_stack_deleted_itself(self) -> None:
        stack_id = self.build(timeout=0)
        ami = self.register()
        self.delete(stack_id)
        watch = self.watch()
        outcome = self.outcome(watch, 0)
        self.assert_complete(watch, stack_id)
        self.assertEqual("succeeded", outcome["outcome"])
        self.assertEqual(ami, outcome["amiId"])

    def test_direct_stack_deleted_without_an_image(self) -> None:
        stack_id = self.build(timeout=0)
        self.delete(stack_id)
        watch = self.watch()
        self.outcome(watch, 5)
        self.assert_complete(watch, stack_id)

    def test_direct_faults_in_every_third_request_lose_nothing(self) -> None:
        rules = [
            {"service": "cloudformation", "probability": 0.1, "error": {"code": "Throttling", "status": 400}},
            {"service": "cloudformation", "probability": 0.1, "error": {"code": "InternalFailure", "status": 500}},
            {"service": "cloudformation", "probability": 0.1, "reset": True},
            {"service": "cloudformation", "probability": 0.1, "response": {"truncate_frac": 0.5}},
        ]
        faults = Faults(self.emulators.cloudformation.url, rules)
        self.addCleanup(faults.close)
        stack_id = self.build(timeout=5, roles=55)
        watch = self.watch(cloudformation=faults.url)
        self.outcome(watch, 3)
        self.assert_complete(watch, stack_id)

    def test_direct_unknown_image_is_not_found(self) -> None:
        self.outcome(self.watch(), 5)
