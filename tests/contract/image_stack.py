"""The CloudFormation stack of an image build: its resources in the order of their dependencies,
with types, properties and physical ids as ParallelCluster 3.16.1 makes them."""

import json
import uuid
from dataclasses import dataclass

from account import ACCOUNT_ID, REGION

VERSION = "3.16.1"
IMAGE = "ParallelClusterImage"

# CloudFormation shows the document of a component as a string inside the JSON of the properties.
_COMPONENT_DATA = """\
name: InstallPCluster
description: Install and configure ParallelCluster {version}
schemaVersion: 1.0
phases:
  - name: build
    steps:
      - name: OperatingSystemName
        action: ExecuteBash
        inputs:
          commands:
            - |
              set -v
              . /etc/os-release
              echo "${{ID}}${{VERSION_ID:+.${{VERSION_ID}}}}"
      - name: PinVersion
        action: ExecuteBash
        inputs:
          commands:
            - echo "aws-parallelcluster-cookbook-{version}" > /etc/parallelcluster-version
      - name: RebootStep
        action: Reboot
        onFailure: Abort
        maxAttempts: 2
        inputs:
          delaySeconds: 10
      - name: InstallCincAndCookbooks
        action: ExecuteBash
        inputs:
          commands:
            - bash /tmp/install-cinc.sh -v 18.4.12
      - name: InstallPClusterPackages
        action: ExecuteBash
        inputs:
          commands:
            - |
              set -v
              cinc-client --local-mode --config /etc/chef/client.rb --log_level info \\
                --override-runlist aws-parallelcluster-entrypoints::install
      - name: RemoveKernelPinAndCleanup
        action: ExecuteBash
        inputs:
          commands:
            - bash /usr/local/sbin/ami_cleanup.sh
"""


@dataclass(frozen=True)
class Resource:
    """One resource of the stack; `wave` is the number of others that it waits for in a row."""

    logical_id: str
    resource_type: str
    wave: int
    properties: dict[str, object]


def stable_uuid(*parts: str) -> str:
    """The same parts give the same id, so that scenarios can be recorded again without a difference."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(parts)))


def stack_arn(image_id: str, generation: int) -> str:
    """A rebuild of the same image id gets another one."""
    return f"arn:aws:cloudformation:{REGION}:{ACCOUNT_ID}:stack/{image_id}/{stable_uuid(image_id, str(generation))}"


def image_arn(image_id: str) -> str:
    """Image Builder's name for the image."""
    return f"arn:aws:imagebuilder:{REGION}:{ACCOUNT_ID}:image/parallelclusterimage-{image_id.lower()}/{VERSION}/1"


def stack_tags(image_id: str) -> dict[str, str]:
    """The tags by which the API recognises a stack as one of its own."""
    log_group = f"/aws/imagebuilder/{IMAGE}-{image_id}"
    return {
        "parallelcluster:image_id": image_id,
        "parallelcluster:image_name": image_id,
        "parallelcluster:version": VERSION,
        "parallelcluster:s3_bucket": "parallelcluster-b9033160b61390ef-v1-do-not-delete",
        "parallelcluster:s3_image_dir": f"parallelcluster/{VERSION}/images/{image_id}-jfr4odbeonwb1w5k",
        "parallelcluster:build_config": (
            f"s3://parallelcluster-b9033160b61390ef-v1-do-not-delete/parallelcluster/{VERSION}"
            f"/images/{image_id}-jfr4odbeonwb1w5k/configs/image-config.yaml"
        ),
        "parallelcluster:build_log": f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:{log_group}",
    }


def _component(logical_id: str, name: str, data: str) -> Resource:
    properties: dict[str, object] = {"Name": name, "Version": VERSION, "Platform": "Linux", "Data": data}
    return Resource(logical_id, "AWS::ImageBuilder::Component", 0, properties)


def resources(image_id: str) -> list[Resource]:
    """The thirteen of a default build."""
    name = f"{IMAGE}-{image_id}"
    function_arn = f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{name}"
    topic_arn = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:{name}"
    trust = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    }
    used = ("ParallelClusterComponent", "ParallelClusterTagComponent")
    components = [{"ComponentArn": physical_id(image_id, each)} for each in used]
    recipe_arn = f"arn:aws:imagebuilder:{REGION}:{ACCOUNT_ID}:image-recipe/{name.lower()}/{VERSION}"
    return [
        Resource("InstanceRole", "AWS::IAM::Role", 0, {"Path": "/parallelcluster/", "AssumeRolePolicyDocument": trust}),
        _component("ParallelClusterComponent", name, _COMPONENT_DATA.format(version=VERSION)),
        _component("ParallelClusterTagComponent", f"{name}-Tag", "name: Tag\nschemaVersion: 1.0\nphases: []\n"),
        Resource(
            "DistributionConfiguration",
            "AWS::ImageBuilder::DistributionConfiguration",
            0,
            {"Name": name, "Distributions": [{"Region": REGION, "AmiDistributionConfiguration": {"Name": image_id}}]},
        ),
        Resource("DeleteStackFunctionLog", "AWS::Logs::LogGroup", 0, {"LogGroupName": f"/aws/lambda/{name}"}),
        Resource("BuildNotificationTopic", "AWS::SNS::Topic", 0, {"TopicName": name}),
        Resource("InstanceProfile", "AWS::IAM::InstanceProfile", 1, {"Path": "/parallelcluster/"}),
        Resource(
            "ImageRecipe",
            "AWS::ImageBuilder::ImageRecipe",
            1,
            {"Name": name, "Version": VERSION, "ParentImage": "ami-0fedcba9876543210", "Components": components},
        ),
        Resource(
            "DeleteStackFunction",
            "AWS::Lambda::Function",
            1,
            {"FunctionName": name, "Handler": "delete_image_stack.handler", "MemorySize": "128", "Timeout": "900"},
        ),
        Resource(
            "InfrastructureConfiguration",
            "AWS::ImageBuilder::InfrastructureConfiguration",
            2,
            {"Name": name, "InstanceTypes": ["c5.2xlarge"], "TerminateInstanceOnFailure": "true"},
        ),
        Resource("DeleteStackFunctionPermission", "AWS::Lambda::Permission", 2, {"FunctionName": function_arn}),
        Resource("BuildNotificationSubscription", "AWS::SNS::Subscription", 2, {"TopicArn": topic_arn}),
        Resource(
            IMAGE,
            "AWS::ImageBuilder::Image",
            3,
            {
                "ImageRecipeArn": recipe_arn,
                "EnhancedImageMetadataEnabled": "false",
                "Tags": {"parallelcluster:image_id": image_id},
            },
        ),
    ]


def physical_id(image_id: str, logical_id: str) -> str:
    """An id of the kind that the resource would get."""
    if logical_id == IMAGE:
        return image_arn(image_id)
    if logical_id.endswith("Component"):
        name = f"parallelclusterimage-{stable_uuid(image_id, logical_id)}"
        return f"arn:aws:imagebuilder:{REGION}:{ACCOUNT_ID}:component/{name}/{VERSION}/1"
    return f"{image_id}-{logical_id}-{stable_uuid(image_id, logical_id)[:12].upper()}"


def properties_text(resource: Resource) -> str:
    """ResourceProperties as CloudFormation sends them: a string of compact JSON."""
    return json.dumps(resource.properties, separators=(",", ":"))
