"""Requests of every service, signed by botocore with AWS's example key at a fixed time: with them the program's own
signer is compared, in src/aws/signer.rs. `run --signatures` rewrites the file."""

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "signatures.json"
ACCESS_KEY, SECRET_KEY = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SESSION_TOKEN = "FwoGZXIvYXdzEXAMPLE//token=="
NOW = datetime(2022, 3, 30, 23, 26, 33, tzinfo=timezone.utc)

STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/alinux2-image/6accc570-b080-11ec-845e-0e2dc6386985"
IMAGE = "arn:aws:imagebuilder:us-east-1:123456789012:image/parallelclusterimage-alinux2-image/3.16.1/1"
ROLE = "arn:aws:iam::123456789012:role/Reader"

JSON = {"accept": "application/json", "content-type": "application/json"}
LOGS = {"content-type": "application/x-amz-json-1.1"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


def _query(**parameters: str) -> str:
    """In the one form that is signed and sent."""
    return "&".join(f"{quote(name, safe='')}={quote(value, safe='-._~')}" for name, value in parameters.items())


def _log(operation: str) -> dict[str, str]:
    return {**LOGS, "x-amz-target": f"Logs_20140328.{operation}"}


# Operation, service, region, URL, headers, body.
Case = tuple[str, str, str, str, dict[str, str], str]

_CFN = "https://cloudformation.us-east-1.amazonaws.com/?"
_BUILDER = "https://imagebuilder.us-east-1.amazonaws.com"
_LOG_BODY = json.dumps(
    {"logGroupName": "/aws/imagebuilder/ParallelClusterImage-alinux2-image", "logStreamName": "3.16.1/1"}
)
CASES: list[Case] = [
    (
        "DescribeStackEvents",
        "cloudformation",
        "us-east-1",
        _CFN + _query(Action="DescribeStackEvents", Version="2010-05-15", StackName=STACK, NextToken="a/b+c== d~é"),
        {},
        "",
    ),
    (
        "DescribeStacks",
        "cloudformation",
        "cn-north-1",
        "https://cloudformation.cn-north-1.amazonaws.com.cn/?"
        + _query(Action="DescribeStacks", Version="2010-05-15", StackName="alinux2-image"),
        {},
        "",
    ),
    (
        "ListStacks",
        "cloudformation",
        "us-east-1",
        "http://127.0.0.1:4566/?" + _query(Action="ListStacks", Version="2010-05-15"),
        {},
        "",
    ),
    (
        "DescribeImages",
        "ec2",
        "us-gov-west-1",
        "https://ec2.us-gov-west-1.amazonaws.com/?"
        + _query(
            **{
                "Action": "DescribeImages",
                "Version": "2016-11-15",
                "Owner.1": "self",
                "Filter.1.Name": "tag:parallelcluster:image_id",
                "Filter.1.Value.1": "alinux2-image",
            }
        ),
        {},
        "",
    ),
    (
        "GetImage",
        "imagebuilder",
        "us-east-1",
        f"{_BUILDER}/GetImage?" + _query(imageBuildVersionArn=IMAGE),
        {"accept": "application/json"},
        "",
    ),
    (
        "ListWorkflowExecutions",
        "imagebuilder",
        "us-east-1",
        f"{_BUILDER}/ListWorkflowExecutions",
        JSON,
        json.dumps({"imageBuildVersionArn": IMAGE, "maxResults": 25}),
    ),
    (
        "ListWorkflowStepExecutions",
        "imagebuilder",
        "us-east-1",
        f"{_BUILDER}/ListWorkflowStepExecutions",
        JSON,
        json.dumps({"workflowExecutionId": "wf-6accc570-b080-11ec-845e-0e2dc6386985", "nextToken": "é/+=="}),
    ),
    ("GetLogEvents", "logs", "us-east-1", "https://logs.us-east-1.amazonaws.com/", _log("GetLogEvents"), _LOG_BODY),
    ("FilterLogEvents", "logs", "us-east-1", "https://logs.us-east-1.amazonaws.com/", _log("FilterLogEvents"), "{}"),
    (
        "GetCallerIdentity",
        "sts",
        "us-east-1",
        "https://sts.us-east-1.amazonaws.com/?" + _query(Action="GetCallerIdentity", Version="2011-06-15"),
        {},
        "",
    ),
    (
        "AssumeRole",
        "sts",
        "eu-west-1",
        "https://sts.eu-west-1.amazonaws.com/",
        FORM,
        _query(Action="AssumeRole", Version="2011-06-15", RoleArn=ROLE, RoleSessionName="bakewatch"),
    ),
]

_POSTS = {"ListWorkflowExecutions", "ListWorkflowStepExecutions", "GetLogEvents", "FilterLogEvents", "AssumeRole"}


class _Signer(SigV4Auth):
    """Keeps the steps on the way to the signature."""

    def canonical_request(self, request: AWSRequest) -> str:
        self.canonical = super().canonical_request(request)
        return self.canonical

    def string_to_sign(self, request: AWSRequest, canonical_request: str) -> str:
        self.to_sign = super().string_to_sign(request, canonical_request)
        return self.to_sign


def _signed(case: Case, token: str | None) -> dict[str, Any]:
    operation, service, region, url, headers, body = case
    method = "POST" if operation in _POSTS else "GET"
    request = AWSRequest(method, url, headers=dict(headers), data=body.encode())
    signer = _Signer(Credentials(ACCESS_KEY, SECRET_KEY, token), service, region)
    with patch("botocore.auth.get_current_datetime", lambda: NOW):
        signer.add_auth(request)
    return {
        "operation": operation,
        "method": method,
        "service": service,
        "region": region,
        "url": url,
        "headers": headers,
        "body": body,
        "sessionToken": token,
        "canonicalRequest": signer.canonical,
        "stringToSign": signer.to_sign,
        "authorization": request.headers["Authorization"],
    }


def signatures() -> str:
    """The content of the file."""
    signed = [_signed(case, token) for case in CASES for token in (None, SESSION_TOKEN)]
    return json.dumps(signed, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FIXTURE.write_text(signatures(), encoding="utf-8")
