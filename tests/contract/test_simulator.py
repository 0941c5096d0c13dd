"""The simulated AWS of `bakewatch demo`, asked by boto3 through whole builds of every scenario: each signature is
accepted, and each response is of botocore's service model. No emulator has Image Builder, so nothing else checks ours."""

import sys
import tomllib
import unittest
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from service_model import Checked
from watcher import REPO, Watch

# Every scenario uses the stack; the responses of the flaky one are cut at random, so that they are none of the model's.
LEFT_OUT = ("stack", "flaky")
SCENARIOS = sorted(path.stem for path in (REPO / "assets" / "scenarios").glob("*.toml") if path.stem not in LEFT_OUT)
KEYS = {
    "aws_access_key_id": "AKIDEMOEXAMPLE",
    "aws_secret_access_key": "demo-secret-access-key",
    "aws_session_token": "demo-session-token",
}
# Those that every build must be asked by; a log need not have come yet.
OPERATIONS = {
    "DescribeStackEvents",
    "DescribeStacks",
    "ListStacks",
    "DescribeImages",
    "GetImage",
    "ListWorkflowExecutions",
    "ListWorkflowStepExecutions",
    "GetCallerIdentity",
}
SERVICES = ("cloudformation", "ec2", "imagebuilder", "logs", "sts")


def _listening_port(pid: int) -> int | None:
    """The port on which a process listens, from Linux's tables."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            inodes.add(str(link.readlink()).removeprefix("socket:[").rstrip("]"))
        except FileNotFoundError:
            continue
    for row in Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        fields = row.split()
        if fields[3] == "0A" and fields[9] in inodes:
            return int(fields[1].rpartition(":")[2], 16)
    return None


class Build:
    """One build of the demo, looked at by clients whose responses are checked."""

    def __init__(self, url: str, image_id: str) -> None:
        self.image_id = image_id
        self.services = {service: Checked(service, url, "us-east-1", KEYS) for service in SERVICES}
        self.stages: set[str] = set()
        self.steps: set[str] = set()
        self._arns: set[str] = set()
        self._stack: str | None = None

    def _call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        try:
            return self.services[service].call(operation, **parameters) or {}
        except ClientError as error:
            # Injected faults are part of a scenario; refused signatures are not.
            code = error.response["Error"]["Code"]
            assert not any(word in code for word in ("Signature", "Token", "Client", "Auth")), error
            return {}

    def look(self) -> None:
        """One round of the calls that a watch makes."""
        for stack in filter(None, (self.image_id, self._stack)):
            page = self._call("cloudformation", "describe_stack_events", StackName=stack)
            for event in page.get("StackEvents", []):
                self._stack = event["StackId"]
                if event.get("ResourceType") == "AWS::ImageBuilder::Image" and event.get("PhysicalResourceId"):
                    self._arns.add(event["PhysicalResourceId"])
        self._call("cloudformation", "describe_stacks", StackName=self.image_id)
        self._call("cloudformation", "list_stacks", StackStatusFilter=["DELETE_COMPLETE"])
        filters = [{"Name": "tag:parallelcluster:image_id", "Values": [self.image_id]}]
        self._call("ec2", "describe_images", Owners=["self"], Filters=filters)
        self._call("sts", "get_caller_identity")
        group = f"/aws/imagebuilder/ParallelClusterImage-{self.image_id}"
        for arn in self._arns:
            image = self._call("imagebuilder", "get_image", imageBuildVersionArn=arn).get("image", {})
            self.stages |= {image.get("state", {}).get("status", "")} - {""}
            listed = self._call("imagebuilder", "list_workflow_executions", imageBuildVersionArn=arn)
            for workflow in listed.get("workflowExecutions", []):
                identifier = workflow["workflowExecutionId"]
                steps = self._call(
                    "imagebuilder", "list_workflow_step_executions", workflowExecutionId=identifier, maxResults=25
                )
                self.steps |= {step["status"] for step in steps.get("steps", [])}
            stream = "/".join(arn.split("/")[-2:])
            self._call("logs", "get_log_events", logGroupName=group, logStreamName=stream, startFromHead=True)
            self._call("logs", "filter_log_events", logGroupName=group, logStreamNames=[stream])

    def compared(self) -> set[str]:
        return {operation for service in self.services.values() for operation in service.compared}

    def differences(self) -> list[str]:
        return sorted(found for service in self.services.values() for found in service.differences)


@unittest.skipUnless(sys.platform == "linux", "the demo's port is read from /proc")
class Simulator(unittest.TestCase):
    """One test for each scenario; they are added below."""

    maxDiff = 4000

    def setUp(self) -> None:
        # Read the models before the build begins: that takes longer than some of its stages.
        Build("http://127.0.0.1:1", "none")

    def check(self, scenario: str) -> None:
        text = (REPO / "assets" / "scenarios" / f"{scenario}.toml").read_text(encoding="utf-8")
        image_id = tomllib.loads(text)["image"]
        demo = Watch(["demo", "--scenario", scenario, "--speed", "240", "--output", "json"], None)
        self.addCleanup(demo.close)
        ports: list[int] = []

        def listens() -> bool:
            port = _listening_port(demo.pid)
            ports.extend([] if port is None else [port])
            return bool(ports)

        while not listens():
            self.assertIsNone(demo.exit_code(), demo.transcript())
        build = Build(f"http://127.0.0.1:{ports[0]}", image_id)
        while demo.exit_code() is None:
            try:
                build.look()
            except BotoCoreError:
                # A response that a scenario breaks off, or the end of the demo.
                continue
        self.assertEqual([], build.differences())
        if scenario == "rebuild":
            # The demo ends with the first of its two builds, which has no image yet.
            return
        self.assertLessEqual(OPERATIONS, build.compared())
        self.assertIn("BUILDING", build.stages, demo.transcript())
        self.assertTrue(build.steps & {"RUNNING", "COMPLETED"}, build.steps)


for _scenario in SCENARIOS:

    def _test(self: Simulator, scenario: str = _scenario) -> None:
        self.check(scenario)

    setattr(Simulator, f"test_simulated_{_scenario}", _test)
