"""The number of requests of a watch: one a poll while no event is new, DescribeImage only on its triggers,
and every request with the region, the signature and the token it should have."""

from urllib.parse import parse_qs, urlsplit

import scenarios
from account import REGION
from contract_case import ContractCase
from gateway import Gateway
from watcher import watch_arguments


class Polling(ContractCase):
    """Counts in the gateway's log."""

    def test_steady_state_is_one_request_a_poll(self) -> None:
        gateway = self.gateway()
        self.watch_building(gateway, 250)
        # The walk through the history ends with this poll; after it comes the steady state.
        gateway.wait_for_more(1)
        settled = len(gateway.log)
        gateway.wait_for_more(20)
        steady = gateway.log[settled:]
        self.assertEqual([], [each.target for each in steady if "nextToken" in each.target])
        describes = [each for each in steady if not each.is_events]
        self.assertLessEqual(len(describes), 1, "nothing has changed and 30 s are not over")
        polls = [each.arrived for each in steady if each.is_events]
        gaps = [after - before for before, after in zip(polls, polls[1:])]
        self.assertGreaterEqual(min(gaps), 0.15, "a fixed interval of 200 ms, and never a burst")

    def test_describe_image_when_the_root_status_changes(self) -> None:
        gateway = self.gateway()
        build, watch = self.watch_building(gateway, 31)
        gateway.wait_for_more(3)
        self.assertTrue(any(not each.is_events for each in gateway.log), "there is one at the start")
        before = len([each for each in gateway.log if not each.is_events])
        scenarios.burst(build, 5)
        watch.wait_for_events(build.stack.stack_id, len(build.stack.events))
        gateway.wait_for_more(2)
        self.assertEqual(before, len([each for each in gateway.log if not each.is_events]), "a resource is no trigger")
        build.root("DELETE_IN_PROGRESS", "User Initiated")
        gateway.wait_for(lambda log: len([each for each in log if not each.is_events]) > before)
        # While the verdict depends on it, it is repeated, at most every 2 s.
        gateway.wait_for(lambda log: len([each for each in log if not each.is_events]) > before + 2)
        asked = [each.arrived for each in gateway.log if not each.is_events][before:]
        self.assertGreaterEqual(min(b - a for a, b in zip(asked, asked[1:])), 1.5)

    def test_250_events_cost_the_pages_they_fill(self) -> None:
        gateway = self.gateway()
        build, watch = self.watch_building(gateway, 1_001)
        gateway.wait_for_more(1)
        settled = len(gateway.log)
        scenarios.burst(build, 250)
        watch.wait_for_events(build.stack.stack_id, len(build.stack.events))
        gateway.wait_for_more(1)
        older = [each for each in gateway.log[settled:] if "nextToken" in each.target]
        self.assertLessEqual(len(older), 3, "the walk goes down to what is known and no further")
        self.assert_complete(watch, gateway.log, build.stack)

    def test_requests_name_the_region_and_sign_the_token(self) -> None:
        gateway = self.gateway()
        self.play(scenarios.busy(self.account, self.image_id, self.start))
        self.outcome(self.watch(gateway), 3)
        self.assert_signed(gateway)
        for exchange in gateway.log:
            query = parse_qs(urlsplit(exchange.target).query)
            self.assertEqual([REGION], query["region"])
            self.assertIn("x-amz-security-token", exchange.header_names)
            self.assertNotIn("+", exchange.target, "a token's plus must be encoded")
        self.assertTrue(any("nextToken=" in exchange.target for exchange in gateway.log))

    def test_signing_region_apart_from_the_region_of_the_image(self) -> None:
        gateway = Gateway(self.cloud.api.port, region="eu-west-1")
        self.addCleanup(gateway.close)
        self.play(scenarios.failure(self.account, self.image_id, self.start))
        self.outcome(self.watch(gateway, "--signing-region", "eu-west-1"), 3)
        self.assert_signed(gateway)
        self.assertTrue(all(f"region={REGION}" in exchange.target for exchange in gateway.log))

    def test_unsigned_on_request(self) -> None:
        gateway = self.gateway(credentials=None)
        self.play(scenarios.failure(self.account, self.image_id, self.start))
        arguments = watch_arguments(self.image_id, gateway.url, "--no-sign-request")
        self.outcome(self.run_program(arguments, credentials=None), 3)
        for exchange in gateway.log:
            self.assertNotIn("authorization", exchange.header_names)
            self.assertNotIn("x-amz-security-token", exchange.header_names)
