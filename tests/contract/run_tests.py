"""Runs the contract tests, a few at a time, each worker process with a cloud of its own.
Prints one line a test as it ends, then the failures, then the count."""

import argparse
import io
import os
import sys
import tempfile
import time
import unittest
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from watcher import binary  # noqa: E402


@dataclass(frozen=True)
class Result:
    """The result of one test; `report` is empty where it passed."""

    name: str
    seconds: float
    report: str


def _names(suite: unittest.TestSuite) -> Iterator[str]:
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from _names(test)
        else:
            yield test.id()


def run_one(name: str) -> Result:
    """In a worker process."""
    started = time.monotonic()
    stream = io.StringIO()
    suite = unittest.defaultTestLoader.loadTestsFromName(name)
    passed = unittest.TextTestRunner(stream, verbosity=0).run(suite).wasSuccessful()
    return Result(name, time.monotonic() - started, "" if passed else stream.getvalue())


def main() -> int:
    parser = argparse.ArgumentParser(prog="run", description=__doc__)
    parser.add_argument("--bin", type=Path, help="the bakewatch binary (default: BAKEWATCH_BIN, else the debug build)")
    parser.add_argument("-k", dest="pattern", default="", help="only tests with this in their names")
    parser.add_argument("-j", dest="jobs", type=int, default=4, help="tests at a time (default 4)")
    options = parser.parse_args()
    if options.bin is not None:
        os.environ["BAKEWATCH_BIN"] = str(options.bin.absolute())
    if not os.access(binary(), os.X_OK):
        sys.exit(f"tests/contract/run: no binary at {binary()}; run cargo build, or name one with --bin")

    names = [name for name in _names(unittest.defaultTestLoader.discover(str(HERE))) if options.pattern in name]
    # The long ones first, so that no core is idle at the end.
    names.sort(key=lambda name: not any(long in name for long in ("ten_times", "EverySecondRequest", "five_thousand")))
    failed: list[Result] = []
    # Worker processes end without their exit handlers, so that their files are gathered here and removed at once.
    with tempfile.TemporaryDirectory(prefix="bakewatch-contract-") as folder:
        os.environ["TMPDIR"] = folder
        tempfile.tempdir = None
        with ProcessPoolExecutor(options.jobs) as pool:
            for future in as_completed([pool.submit(run_one, name) for name in names]):
                result = future.result()
                print(f"{'FAIL' if result.report else 'ok  '} {result.seconds:5.1f} s  {result.name}", flush=True)
                if result.report:
                    failed.append(result)
    for result in failed:
        print(f"\n{result.name}\n{result.report}")
    print(f"\n{len(names) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed or not names else 0


if __name__ == "__main__":
    sys.exit(main())
