"""The AWS emulators that nobody here wrote: ministack for CloudFormation, moto for EC2, microburst for faults between.
One process of each a worker, on loopback; image-builder requests go to a server of ours that knows no image."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from datetime import datetime, timezone
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from sigv4 import Credentials, Request, verify

REGION = "us-east-1"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEMULATOR", "AWS_SECRET_ACCESS_KEY": "emulator-secret-key"}
CREDENTIALS = Credentials(KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"], None)
START_DEADLINE = 60.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Emulator:
    """One server process; ready when its port answers."""

    def __init__(self, command: list[str], environment: dict[str, str], port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._folder = tempfile.TemporaryDirectory(prefix="bakewatch-emulator-")
        with open(Path(self._folder.name) / "log", "w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                command,
                cwd=self._folder.name,
                env={"PATH": os.environ.get("PATH", ""), "HOME": self._folder.name, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._wait_until_ready(port)

    def _wait_until_ready(self, port: int) -> None:
        end = time.monotonic() + START_DEADLINE
        while time.monotonic() < end:
            if self._process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        log = (Path(self._folder.name) / "log").read_text(encoding="utf-8", errors="replace")
        self.close()
        raise AssertionError(f"the emulator does not answer:\n{log[-2000:]}")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()


class _NoImages(BaseHTTPRequestHandler):
    """Image Builder, which no emulator has: every image is unknown, to a caller whose signature is right."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        request = Request(self.command, self.path, list(self.headers.items()), body)
        rejection = verify(request, CREDENTIALS, REGION, datetime.now(timezone.utc), "imagebuilder")
        code, message = "ResourceNotFoundException", "The resource with ARN requested does not exist."
        if rejection is not None:
            code, message = rejection.error_type, rejection.message
        body = json.dumps({"message": message}).encode()
        self.send_response(404 if rejection is None else 403)
        self.send_header("Content-Type", "application/json")
        self.send_header("x-amzn-ErrorType", code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _script(name: str) -> str:
    return str(Path(sys.executable).parent / name)


class Emulators:
    """The servers of one worker process and the clients that fill them."""

    def __init__(self) -> None:
        port = _free_port()
        environment = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port)}
        self.cloudformation = Emulator([_script("ministack")], environment, port)
        port = _free_port()
        self.ec2 = Emulator([_script("moto_server"), "-H", "127.0.0.1", "-p", str(port)], {}, port)
        self._image_builder = ThreadingHTTPServer(("127.0.0.1", 0), _NoImages)
        threading.Thread(target=self._image_builder.serve_forever, daemon=True).start()

    def client(self, service: str) -> Any:
        """A boto3 client of the emulator itself."""
        return boto3.client(
            service,
            endpoint_url=(self.ec2 if service == "ec2" else self.cloudformation).url,
            region_name=REGION,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
            config=Config(retries={"max_attempts": 2}),
        )

    def environment(self, cloudformation: str | None = None, ec2: str | None = None) -> dict[str, str]:
        """What a user would export to reach them."""
        return {
            **KEYS,
            "AWS_ENDPOINT_URL_CLOUDFORMATION": cloudformation or self.cloudformation.url,
            "AWS_ENDPOINT_URL_EC2": ec2 or self.ec2.url,
            "AWS_ENDPOINT_URL_IMAGEBUILDER": f"http://127.0.0.1:{self._image_builder.server_port}",
        }

    def close(self) -> None:
        self._image_builder.shutdown()
        self._image_builder.server_close()
        self.cloudformation.close()
        self.ec2.close()


@cache
def shared() -> Emulators:
    """Those of this worker process."""
    return Emulators()


class Faults:
    """microburst in front of one emulator, with rules."""

    def __init__(self, upstream: str, rules: list[dict[str, Any]]) -> None:
        port = _free_port()
        command = [_script("microburst"), "--upstream", upstream, "--port", str(port), "--host", "127.0.0.1"]
        self._proxy = Emulator(command, {}, port)
        self.url = self._proxy.url
        self._control("POST", "rules", rules)

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_microburst/{path}", data, method=method)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)

    def fired(self) -> list[dict[str, Any]]:
        """The faults so far."""
        answer = self._control("GET", "fired")
        return answer if isinstance(answer, list) else answer["fired"]

    def close(self) -> None:
        self._proxy.close()
