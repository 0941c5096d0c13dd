"""The real API server is killed ten times during a build, and every third request is throttled: between two requests,
during a response, and in the middle of a walk over several pages. No event is missing, and the outcome is correct."""

import threading
from collections.abc import Callable

import scenarios
from account import Account
from api_process import ApiProcess
from contract_case import ContractCase
from faults import TOO_MANY_REQUESTS, Fault, Forward, Reply
from scenarios import Build, Steps
from watcher import DEADLINE

KILLS = 10


class Killer:
    """Kills the server at a moment that the test chooses, and restarts it at once."""

    def __init__(self, api: ApiProcess, account: Account, image_id: str) -> None:
        self._api = api
        self._account = account
        self._image_id = image_id
        self._restart: threading.Thread | None = None
        self._victim: Callable[[str], bool] | None = None
        self._done = threading.Event()
        self.kills = 0

    def now(self) -> None:
        """Between two requests, as far as that is visible from outside."""
        self.join()
        self._api.kill()
        self.kills += 1
        self._restart = threading.Thread(target=self._api.start)
        self._restart.start()
        self._done.set()

    def in_an_answer(self) -> None:
        """After its request to CloudFormation for the newest page, and before its own response."""
        self._arm(lambda target: "nextToken=" not in target)

    def in_a_walk(self) -> None:
        """The same with an older page."""
        self._arm(lambda target: "nextToken=" in target)

    def wait(self) -> None:
        """Block until the requested kill has happened."""
        if not self._done.wait(DEADLINE):
            raise AssertionError("the request at which the server was to be killed never came")

    def join(self) -> None:
        """Block until the server is back."""
        if self._restart is not None:
            self._restart.join()

    def schedule(self, number: int) -> Fault:
        """Every third request is throttled; any other may be the server's last."""
        return TOO_MANY_REQUESTS if number % 3 == 0 else Fault("may be killed", self._forward)

    def _arm(self, victim: Callable[[str], bool]) -> None:
        self.join()
        self._done.clear()
        self._victim = victim

    def _forward(self, target: str, forward: Forward) -> Reply:
        if self._victim is not None and "/stackevents" in target and self._victim(target):
            self._victim = None
            self._account.before("DescribeStackEvents", self._image_id, self._die)
        return forward(target)

    def _die(self) -> None:
        self._account.before("DescribeStackEvents", self._image_id, None)
        self.now()


def _story(killer: Killer, build: Build, ending: Callable[[Build], Steps]) -> Steps:
    """A build with bursts that fill several pages. Each kill comes before the change that causes requests."""
    kills = {2: killer.now, 4: killer.in_an_answer, 7: killer.in_an_answer}
    for number, rest in enumerate(build.prepare()):
        yield rest
        kills.get(number, lambda: None)()
    for _ in range(3):
        killer.in_a_walk()
        scenarios.burst(build, 250)
        yield build.rest(10)
    killer.now()
    yield from build.bake("BUILDING")
    killer.in_an_answer()
    steps = ending(build)
    yield next(steps)
    killer.now()
    yield from steps


class Kills(ContractCase):
    """To both ends of a build."""

    def survive(self, ending: Callable[[Build], Steps], code: int, outcome: str) -> None:
        killer = Killer(self.cloud.api, self.account, self.image_id)
        self.addCleanup(killer.join)
        gateway = self.gateway(killer.schedule)
        build = Build(self.account, self.image_id, self.start)
        # The first one comes before the program has had a response.
        killer.now()
        watch = self.watch(gateway)
        for _ in _story(killer, build, ending):
            watch.wait_for_events(build.stack.stack_id, len(build.stack.events))
            killer.wait()
        line = self.outcome(watch, code)
        self.assertEqual(outcome, line["outcome"])
        self.assertEqual(KILLS, killer.kills)

        # The last event of a stack that deletes itself is not available by the stack's name.
        gone = (build.stack.stack_id, "DELETE_COMPLETE")
        history = [event.event_id for event in build.stack.events if (event.physical_id, event.status) != gone]
        printed = [event["eventId"] for event in watch.events(build.stack.stack_id)]
        self.assertEqual(history, printed)
        self.assert_complete(watch, gateway.log, build.stack)
        self.assert_signed(gateway)

        states = {line["state"] for line in watch.of_kind("status")}
        self.assertLessEqual({"live", "unreachable", "throttled"}, states)
        statuses = [exchange.status for exchange in gateway.log]
        self.assertAlmostEqual(1 / 3, statuses.count(429) / len(statuses), delta=0.05)
        self.assertGreaterEqual(statuses.count(502), KILLS)

    def test_server_killed_ten_times_in_a_build_that_succeeds(self) -> None:
        self.survive(Build.succeed, 0, "succeeded")

    def test_server_killed_ten_times_in_a_build_that_fails(self) -> None:
        self.survive(Build.fail, 3, "failed")
