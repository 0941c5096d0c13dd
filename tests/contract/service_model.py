"""Checks a response against botocore's service model: a real client drops what it does not know, and so would hide a
field that is misspelt, of another type, or missing."""

import json
import re
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, Shape, StructureShape

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "long": int,
    "boolean": bool,
    "double": (int, float),
    "float": (int, float),
    "timestamp": (str, int, float),
}


def differences(shape: Shape, value: Any, path: str = "$") -> list[str]:
    """Where a JSON value is not of the shape."""
    if isinstance(shape, StructureShape):
        if not isinstance(value, dict):
            return [f"{path} is no object"]
        names = {each.serialization.get("name", name): each for name, each in shape.members.items()}
        found = [f"{path}.{name} is not in the model" for name in value.keys() - names.keys()]
        found += [f"{path}.{name} is missing" for name in set(shape.required_members) - value.keys()]
        for name in value.keys() & names.keys():
            found += differences(names[name], value[name], f"{path}.{name}")
        return found
    if isinstance(shape, ListShape):
        if not isinstance(value, list):
            return [f"{path} is no list"]
        return [found for at, each in enumerate(value) for found in differences(shape.member, each, f"{path}[{at}]")]
    if isinstance(shape, MapShape):
        if not isinstance(value, dict):
            return [f"{path} is no map"]
        return [found for key, each in value.items() for found in differences(shape.value, each, f"{path}[{key!r}]")]
    expected = _TYPES[shape.type_name]
    if not isinstance(value, expected) or (isinstance(value, bool) and shape.type_name != "boolean"):
        return [f"{path} is no {shape.type_name}: {value!r}"]
    if not isinstance(value, str):
        return []
    if shape.enum and value not in shape.enum:
        return [f"{path} is none of {shape.enum}: {value!r}"]
    limits = shape.metadata
    if not limits.get("min", 0) <= len(value) <= limits.get("max", len(value)):
        return [f"{path} has a length of {len(value)}"]
    pattern = limits.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        return [f"{path} does not match {pattern}: {value!r}"]
    return []


class Checked:
    """A boto3 client whose raw responses are compared with the model, and with what it reads from them."""

    def __init__(self, service: str, url: str, region: str, keys: dict[str, str]) -> None:
        self._client = boto3.client(
            service,
            endpoint_url=url,
            region_name=region,
            config=Config(retries={"total_max_attempts": 1}, read_timeout=10),
            **keys,
        )
        self.differences: set[str] = set()
        self.compared: set[str] = set()
        self._client.meta.events.register("before-parse.*.*", self._keep)
        self._client.meta.events.register("after-call.*.*", self._compare)
        self._body = b""

    def _keep(self, response_dict: dict[str, Any], **_: Any) -> None:
        self._body = response_dict["body"]

    def _compare(self, model: Any, parsed: dict[str, Any], http_response: Any, **_: Any) -> None:
        if http_response.status_code != 200:
            return
        self.compared.add(model.name)
        target = f"{model.service_model.service_name} {model.name}"
        if self._body.lstrip()[:1] == b"{":
            raw = json.loads(self._body)
            self.differences |= {f"{target}: {found}" for found in differences(model.output_shape, raw)}
        self.differences |= {f"{target}: {found}" for found in _missing(model.output_shape, parsed)}

    def call(self, operation: str, **parameters: Any) -> dict[str, Any] | None:
        """The parsed response; None where the service says that there is nothing of this name."""
        try:
            return dict(getattr(self._client, operation)(**parameters))
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in ("ResourceNotFoundException", "ValidationError"):
                return None
            raise


def _missing(shape: Shape, parsed: Any, path: str = "$") -> list[str]:
    """The required members that a parsed response, of XML too, does not have."""
    if isinstance(shape, StructureShape) and isinstance(parsed, dict):
        found = [f"{path}.{name} is missing" for name in set(shape.required_members) - parsed.keys()]
        for name, each in shape.members.items():
            if name in parsed:
                found += _missing(each, parsed[name], f"{path}.{name}")
        return found
    if isinstance(shape, ListShape) and isinstance(parsed, list):
        return [found for each in parsed for found in _missing(shape.member, each, f"{path}[]")]
    return []
