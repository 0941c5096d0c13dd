"""Starts, kills and restarts the process of the real API server.
It stays on one port, as a function behind a gateway stays at one address."""

import os
import subprocess
import sys
from pathlib import Path

from account import REGION

HERE = Path(__file__).resolve().parent

# The keys with which the server signs its own (scripted) AWS calls and presigned URLs. Marked as fake, and worthless.
SERVER_ACCESS_KEY = "FAKE-SERVER-ACCESS-KEY"
SERVER_SECRET_KEY = "fake-server-secret-key"
SERVER_SESSION_TOKEN = "fake-server-session-token"


class ApiProcess:
    """The running server."""

    def __init__(self, aws_url: str, log_file: Path) -> None:
        self._aws_url = aws_url
        self._log_file = log_file
        self._process: subprocess.Popen[str] | None = None
        self.port = 0
        self.start()

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self._log_file.parent),
            "AWS_ENDPOINT_URL": self._aws_url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": SERVER_ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SERVER_SECRET_KEY,
            "AWS_SESSION_TOKEN": SERVER_SESSION_TOKEN,
            "AWS_EC2_METADATA_DISABLED": "true",
            # boto's own retries change the duration of a scripted failure, not its result.
            "AWS_MAX_ATTEMPTS": "1",
            "NO_PROXY": "*",
        }

    def start(self) -> None:
        """Start it (again, on the same port) and wait until it listens."""
        with self._log_file.open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(HERE / "api_server.py"), "--port", str(self.port)],
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the API server did not start:\n{self._log_file.read_text()[-2000:]}")
        self.port = int(line)

    def kill(self) -> None:
        """End it at once, in the middle of any response."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
