"""A whole cloud on loopback: the account, the scripted AWS endpoint and the real API server in front of it.
One is shared by all tests of a process; each test has its own image id and its own Gateway."""

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

from account import Account
from api_process import ApiProcess
from fake_aws import FakeAwsServer


class Cloud:
    """All parts start and end together."""

    def __init__(self, page_size: int = 100) -> None:
        self.account = Account(page_size)
        self._folder = Path(tempfile.mkdtemp(prefix="bakewatch-contract-"))
        self._aws = FakeAwsServer(self.account)
        self.api = ApiProcess(self._aws.url, self._folder / "api-server.log")

    def close(self) -> None:
        """End the processes and remove the files."""
        self.api.kill()
        self._aws.close()
        shutil.rmtree(self._folder)


@functools.cache
def shared() -> Cloud:
    """The one of this process; starting the real server takes seconds."""
    cloud = Cloud()
    atexit.register(cloud.close)
    return cloud
