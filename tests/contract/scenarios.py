"""Whole image builds as steps: each step changes the account and yields the time until the next one.
A test waits between steps until the program has seen them; `run serve` waits for that time."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from account import ACCOUNT_ID, REGION, Account, Ami, StackEvent
from image_stack import (
    IMAGE,
    VERSION,
    Resource,
    image_arn,
    physical_id,
    properties_text,
    resources,
    stable_uuid,
    stack_arn,
    stack_tags,
)

Steps = Iterator[float]

STACK_TYPE = "AWS::CloudFormation::Stack"
INITIATED = "Resource creation Initiated"
CONSISTENCY = "Eventual consistency check initiated"
CANCELLED = "Resource creation cancelled"
PARENT_IMAGE = "ami-0fedcba9876543210"


class Build:
    """One generation of an image's stack, with a clock of its own that the steps advance."""

    def __init__(
        self, account: Account, image_id: str, start: datetime, generation: int = 1, tags: dict[str, str] | None = None
    ) -> None:
        self.account = account
        self.image_id = image_id
        self.now = start
        self.resources = resources(image_id)
        self.image = self.resources[-1]
        self.generation = generation
        stack_id = stack_arn(image_id, generation)
        self.stack = account.create_stack(image_id, stack_id, start, stack_tags(image_id) if tags is None else tags)
        self.root("CREATE_IN_PROGRESS", "User Initiated")

    def rest(self, seconds: float) -> float:
        """Advance the clock; to be yielded as a step."""
        self.now += timedelta(seconds=seconds)
        return seconds

    def root(self, status: str, reason: str | None = None) -> None:
        """An event of the stack itself."""
        event_id = stable_uuid(self.stack.stack_id, status, str(len(self.stack.events)))
        event = StackEvent(event_id, self.image_id, STACK_TYPE, status, self.now, self.stack.stack_id, reason)
        self.account.add_events(self.stack, [event])

    def event(self, resource: Resource, status: str, reason: str | None = None, physical: bool = True) -> None:
        """An event of a resource, a moment after the one before."""
        self.now += timedelta(milliseconds=7)
        stamp = self.now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{self.now.microsecond // 1000:03d}Z"
        event = StackEvent(
            event_id=f"{resource.logical_id}-{status}-{stamp}",
            logical_id=resource.logical_id,
            resource_type=resource.resource_type,
            status=status,
            timestamp=self.now,
            physical_id=physical_id(self.image_id, resource.logical_id) if physical else "",
            reason=reason,
            properties=properties_text(resource),
        )
        self.account.add_events(self.stack, [event])

    def image_state(self, status: str, reason: str | None = None) -> None:
        """Image Builder's own stage."""
        self.account.set_image_state(image_arn(self.image_id), status, reason)

    def tag_ami(self) -> Ami:
        """The first action of the clean-up function: from now on the image counts as available."""
        ami = Ami(
            ami_id="ami-" + stable_uuid(self.stack.stack_id).replace("-", "")[:17],
            name=f"{self.image_id} {self.now:%Y-%m-%dT%H-%M-%S}Z",
            created=self.now,
            tags=stack_tags(self.image_id)
            | {
                "parallelcluster:build_status": "available",
                "parallelcluster:parent_image": PARENT_IMAGE,
                "Ec2ImageBuilderArn": image_arn(self.image_id),
            },
        )
        self.account.tag_ami(ami)
        return ami

    def gone(self) -> None:
        """The stack has deleted itself; its last event is never seen by name."""
        self.root("DELETE_COMPLETE")
        self.account.delete_stack(self.stack)

    def prepare(self) -> Steps:
        """Everything up to the image resource: the first minutes."""
        yield self.rest(3)
        for wave in range(3):
            members = [each for each in self.resources if each.wave == wave]
            for each in members:
                self.event(each, "CREATE_IN_PROGRESS", physical=False)
            yield self.rest(2)
            for each in members:
                self.event(each, "CREATE_IN_PROGRESS", INITIATED)
            yield self.rest(8)
            for each in members:
                if each.resource_type.startswith("AWS::IAM::"):
                    self.event(each, "CREATE_IN_PROGRESS", CONSISTENCY)
                self.event(each, "CREATE_COMPLETE")
            yield self.rest(20)
        self.event(self.image, "CREATE_IN_PROGRESS", physical=False)
        yield self.rest(3)
        self.image_state("CREATING")
        self.event(self.image, "CREATE_IN_PROGRESS", INITIATED)
        yield self.rest(60)

    def bake(self, *stages: str) -> Steps:
        """The long middle: no event, only Image Builder's stage changes."""
        for stage in stages:
            self.image_state(stage)
            yield self.rest(600)

    def remove_resources(self, but: frozenset[str] = frozenset()) -> Steps:
        """Deletion in the reverse order of creation."""
        for wave in (3, 2, 1, 0):
            members = [each for each in self.resources if each.wave == wave and each.logical_id not in but]
            for each in members:
                self.event(each, "DELETE_IN_PROGRESS")
            yield self.rest(5)
            for each in members:
                self.event(each, "DELETE_COMPLETE")
            yield self.rest(2)

    def fail_image(self) -> None:
        """The failure of most bug reports: a component's document failed on the build instance."""
        document = physical_id(self.image_id, "ParallelClusterComponent")
        inner = (
            f"SSM execution '{stable_uuid(self.image_id, 'ssm')}' failed for image arn: '{image_arn(self.image_id)}' "
            f"with status = 'Failed' in state = 'BUILDING' and failure message = 'Document {document} failed!'"
        )
        self.image_state("FAILED", inner)
        self.event(
            self.image,
            "CREATE_FAILED",
            f"Resource handler returned message: \"Error occurred during operation '{inner}'.\" "
            f"(RequestToken: {stable_uuid(self.image_id, 'request')}, HandlerErrorCode: GeneralServiceException)",
        )


    def succeed(self) -> Steps:
        """The AMI is available, and the stack deletes itself."""
        self.image_state("AVAILABLE")
        self.tag_ami()
        yield self.rest(2)
        self.root("DELETE_IN_PROGRESS", "User Initiated")
        yield self.rest(2)
        yield from self.remove_resources()
        self.gone()

    def fail(self) -> Steps:
        """A component fails, and the stack stays as it is."""
        self.fail_image()
        yield self.rest(1)
        self.root("CREATE_FAILED", f"The following resource(s) failed to create: [{IMAGE}]. ")
        yield self.rest(1)


def success(account: Account, image_id: str, start: datetime, generation: int = 1) -> Steps:
    """The build works, the AMI is tagged, the stack deletes itself."""
    build = Build(account, image_id, start, generation)
    yield from build.prepare()
    yield from build.bake("BUILDING", "TESTING", "DISTRIBUTING")
    yield from build.succeed()


def failure(account: Account, image_id: str, start: datetime, generation: int = 1) -> Steps:
    """A component fails; the stack stays as CREATE_FAILED, since rollback is off by default."""
    build = Build(account, image_id, start, generation)
    yield from build.prepare()
    yield from build.bake("BUILDING")
    yield from build.fail()


def rollback(account: Account, image_id: str, start: datetime) -> Steps:
    """A failure of a build that was started with rollback on failure."""
    build = Build(account, image_id, start)
    yield from build.prepare()
    yield from build.bake("BUILDING")
    build.fail_image()
    build.root(
        "ROLLBACK_IN_PROGRESS",
        f"The following resource(s) failed to create: [{IMAGE}]. Rollback requested by user.",
    )
    yield build.rest(2)
    yield from build.remove_resources()
    build.root("ROLLBACK_COMPLETE")
    yield build.rest(1)


def leftover(account: Account, image_id: str, start: datetime) -> Steps:
    """A working AMI, but the stack cannot delete one of its resources."""
    build = Build(account, image_id, start)
    yield from build.prepare()
    yield from build.bake("BUILDING", "DISTRIBUTING")
    build.image_state("AVAILABLE")
    build.tag_ami()
    yield build.rest(2)
    build.root("DELETE_IN_PROGRESS", "User Initiated")
    stuck = build.resources[0]
    yield from build.remove_resources(but=frozenset({stuck.logical_id}))
    build.event(stuck, "DELETE_FAILED", "Internal Failure")
    build.root("DELETE_FAILED", f"The following resource(s) failed to delete: [{stuck.logical_id}]. ")
    yield build.rest(1)


def deleted(account: Account, image_id: str, start: datetime) -> Steps:
    """A user deletes the image while it is being built."""
    build = Build(account, image_id, start)
    yield from build.prepare()
    yield from build.bake("BUILDING")
    build.root("DELETE_IN_PROGRESS", "User Initiated")
    build.image_state("CANCELLED")
    build.event(build.image, "CREATE_FAILED", CANCELLED)
    yield build.rest(2)
    yield from build.remove_resources()
    build.gone()


def rebuild(account: Account, image_id: str, start: datetime) -> Steps:
    """A build is deleted half-way and started again under the same name; the second one works."""
    first = Build(account, image_id, start)
    yield from first.prepare()
    first.gone()
    yield from success(account, image_id, first.now + timedelta(seconds=30), generation=2)


def foreign(account: Account, image_id: str, start: datetime) -> Steps:
    """A stack of that name which is not ParallelCluster's: no tags, another resource."""
    build = Build(account, image_id, start, tags={})
    bucket = Resource("Bucket", "AWS::S3::Bucket", 0, {"BucketName": f"{image_id}-data"})
    yield build.rest(2)
    build.event(bucket, "CREATE_IN_PROGRESS", physical=False)
    yield build.rest(2)
    build.event(bucket, "CREATE_IN_PROGRESS", INITIATED)
    build.event(bucket, "CREATE_COMPLETE")
    build.root("CREATE_COMPLETE")
    yield build.rest(1)


def burst(build: Build, count: int) -> None:
    """Many events between two polls; some share their millisecond, as real ones do."""
    start = len(build.stack.events)
    events = []
    for number in range(start, start + count):
        logical_id = f"ScriptComponent{number}"
        if number % 3:
            build.now += timedelta(milliseconds=1)
        events.append(
            StackEvent(
                event_id=stable_uuid(build.stack.stack_id, logical_id),
                logical_id=logical_id,
                resource_type="AWS::ImageBuilder::Component",
                status="CREATE_COMPLETE",
                timestamp=build.now,
                physical_id=f"arn:aws:imagebuilder:{REGION}:{ACCOUNT_ID}:component/{logical_id.lower()}/{VERSION}/1",
            )
        )
    build.account.add_events(build.stack, events)


def busy(account: Account, image_id: str, start: datetime) -> Steps:
    """A history of 5,000 events, then bursts of 250 at a time, then a failure."""
    build = Build(account, image_id, start)
    burst(build, 4_999)
    yield build.rest(10)
    for _ in range(4):
        burst(build, 250)
        yield build.rest(10)
    build.fail_image()
    build.root("CREATE_FAILED", f"The following resource(s) failed to create: [{IMAGE}]. ")
    yield build.rest(1)


def missing(account: Account, image_id: str, start: datetime) -> Steps:
    """There is no such image and never was."""
    del account, image_id, start
    yield 3600.0


SCENARIOS: dict[str, Callable[[Account, str, datetime], Steps]] = {
    "success": success,
    "failure": failure,
    "rollback": rollback,
    "leftover": leftover,
    "deleted": deleted,
    "rebuild": rebuild,
    "foreign": foreign,
    "busy": busy,
    "missing": missing,
}
