"""Runs the bakewatch binary and reads its output, line by line as it comes.
Every wait is for a condition with a deadline; none is for a span of time."""

import json
import os
import signal
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from account import REGION
from gateway import CLIENT_CREDENTIALS
from sigv4 import Credentials

REPO = Path(__file__).resolve().parent.parent.parent
DEADLINE = 60.0

Line = dict[str, Any]


def binary() -> Path:
    """BAKEWATCH_BIN, else the debug build."""
    chosen = os.environ.get("BAKEWATCH_BIN")
    return Path(chosen) if chosen else REPO / os.environ.get("CARGO_TARGET_DIR", "target") / "debug" / "bakewatch"


def default_signals() -> list[str]:
    """The command that starts a program with default signals, where it exists: under nohup, SIGHUP is ignored, and the
    program respects that."""
    prefix = ["env", "--default-signal=HUP,INT,QUIT,TERM"]
    is_supported = subprocess.run([*prefix, "true"], stderr=subprocess.DEVNULL, check=False).returncode == 0
    return prefix if is_supported else []


class Watch:
    """One run of the program."""

    def __init__(
        self,
        arguments: list[str],
        credentials: Credentials | None = CLIENT_CREDENTIALS,
        variables: dict[str, str] | None = None,
    ) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="bakewatch-home-")
        self._process = subprocess.Popen(
            [*default_signals(), str(binary()), *arguments],
            env={**self._environment(credentials), **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._changed = threading.Condition()
        self._open_streams = 2
        self._event_counts: Counter[str] = Counter()
        self.output: list[str] = []
        self.errors: list[str] = []
        self.lines: list[Line] = []
        self._readers = [
            threading.Thread(target=self._read, args=(self._process.stdout, self._take_output), daemon=True),
            threading.Thread(target=self._read, args=(self._process.stderr, self.errors.append), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _environment(self, credentials: Credentials | None) -> dict[str, str]:
        """The machine's own AWS configuration is kept out."""
        environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": self._home.name,
            "LANG": "C.UTF-8",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": f"{self._home.name}/no-config",
            "AWS_SHARED_CREDENTIALS_FILE": f"{self._home.name}/no-credentials",
        }
        if credentials is not None:
            environment["AWS_ACCESS_KEY_ID"] = credentials.access_key
            environment["AWS_SECRET_ACCESS_KEY"] = credentials.secret_key
            if credentials.session_token is not None:
                environment["AWS_SESSION_TOKEN"] = credentials.session_token
        return environment

    def _read(self, stream: IO[str], take: Callable[[str], None]) -> None:
        for line in stream:
            with self._changed:
                take(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._open_streams -= 1
            self._changed.notify_all()

    def _take_output(self, text: str) -> None:
        """Keep a line of standard output; where it is JSON, parsed as well."""
        self.output.append(text)
        try:
            line = json.loads(text)
        except ValueError:
            return
        if not isinstance(line, dict):
            return
        self.lines.append(line)
        if line.get("kind") == "event":
            self._event_counts[line["stackId"]] += 1

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def of_kind(self, kind: str) -> list[Line]:
        """The JSON lines of one kind so far."""
        with self._changed:
            return [line for line in self.lines if line["kind"] == kind]

    def events(self, stack_id: str) -> list[Line]:
        """The events printed for one stack, as the API sent them."""
        return [line["event"] for line in self.of_kind("event") if line["stackId"] == stack_id]

    def transcript(self) -> str:
        """Its latest output, for the message of a failed test."""
        with self._changed:
            lines = ["stdout:", *self.output[-12:], "stderr:", *self.errors[-12:]]
        return "\n".join(line if len(line) <= 300 else f"{line[:300]} …" for line in lines)

    def wait_for(self, condition: Callable[[], bool], what: str, deadline: float = DEADLINE) -> None:
        """Block until the condition holds; fail where the program ends or the deadline passes before."""
        with self._changed:
            self._changed.wait_for(lambda: condition() or self._open_streams == 0, deadline)
            if condition():
                return
            ended = self._open_streams == 0
        why = f"it ended with {self._process.wait()}" if ended else f"{deadline} s passed"
        raise AssertionError(f"{why} without {what}\n{self.transcript()}")

    def wait_for_events(self, stack_id: str, count: int, deadline: float = DEADLINE) -> None:
        """Block until that many events of the stack are printed."""
        self.wait_for(lambda: self._event_counts[stack_id] >= count, f"{count} events of {stack_id}", deadline)

    def wait_for_state(self, state: str) -> None:
        """Block until a status line of that state."""
        self.wait_for(lambda: state in [line["state"] for line in self.of_kind("status")], f"the state {state}")

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def finish(self, deadline: float = DEADLINE) -> int:
        """Wait for the end and return the exit code."""
        try:
            code = self._process.wait(deadline)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it never ended\n{self.transcript()}") from None
        for reader in self._readers:
            reader.join(deadline)
        return code

    def close(self) -> None:
        """End it if it still runs."""
        self._process.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        self._home.cleanup()


def watch_arguments(image_id: str, url: str, *flags: str, output: str = "json", interval: str = "200ms") -> list[str]:
    """The command line of `bakewatch watch` against a gateway."""
    chosen = ["--api-url", url, "--region", REGION, "--interval", interval, "--output", output]
    return ["watch", image_id, *chosen, *flags]
