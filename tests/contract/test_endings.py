"""The ends that are no verdict: wrong usage, refusals, time-outs and signals, with their exit codes,
and that none of them ever looks like the end of a build."""

import signal
from dataclasses import replace

import faults
import scenarios
from contract_case import ContractCase
from gateway import CLIENT_CREDENTIALS
from watcher import Watch, watch_arguments


class Usage(ContractCase):
    """Exit code 2, before any request and without an outcome line."""

    def refused(self, arguments: list[str]) -> Watch:
        watch = self.run_program(arguments)
        self.assertEqual(2, watch.finish(), watch.transcript())
        self.assertEqual([], watch.output, "a usage error prints nothing on standard output")
        return watch

    def test_image_id_that_no_image_can_have(self) -> None:
        gateway = self.gateway()
        for image_id in ("1image", "an_image", "x", "a/b", "näme"):
            self.refused(watch_arguments(image_id, gateway.url))
        self.assertEqual([], gateway.log)

    def test_no_api_url(self) -> None:
        watch = self.refused(["watch", self.image_id, "--backend", "api", "-o", "json"])
        help_text = "\n".join(watch.errors)
        self.assertIn("aws cloudformation describe-stacks", help_text)
        self.assertIn("ParallelClusterApiInvokeUrl", help_text)

    def test_unknown_profile(self) -> None:
        gateway = self.gateway()
        arguments = watch_arguments(self.image_id, gateway.url, "--profile", "nobody")
        watch = self.run_program(arguments, credentials=None)
        self.assertEqual(2, watch.finish(), watch.transcript())
        self.assertIn("nobody", "\n".join(watch.errors))

    def test_unreadable_ca_bundle(self) -> None:
        gateway = self.gateway()
        self.refused(watch_arguments(self.image_id, gateway.url, "--ca-bundle", "/no/such/file.pem"))

    def test_tui_without_a_terminal(self) -> None:
        gateway = self.gateway()
        self.refused(watch_arguments(self.image_id, gateway.url, output="tui"))


class Refusals(ContractCase):
    """Exit code 1: it could not be watched, and no line is about the build."""

    def unwatchable(self, watch: Watch, deadline: float = 30) -> str:
        """The whole output."""
        outcome = self.outcome(watch, 1, deadline)
        self.assertEqual("unknown", outcome["outcome"])
        self.assertEqual(0, outcome["events"])
        return "\n".join(watch.output + watch.errors)

    def test_explicit_deny(self) -> None:
        self.play(scenarios.failure(self.account, self.image_id, self.start))
        watch = self.watch(self.gateway(faults.always(faults.EXPLICIT_DENY)))
        self.assertIn("--role-arn", self.unwatchable(watch))

    def test_wrong_secret_key(self) -> None:
        """The gateway's response repeats the session token; tearDown looks for it in the output."""
        self.play(scenarios.failure(self.account, self.image_id, self.start))
        credentials = replace(CLIENT_CREDENTIALS, secret_key="fake-but-another-one")
        gateway = self.gateway()
        self.unwatchable(self.watch(gateway, credentials=credentials))
        self.assertEqual({"InvalidSignatureException"}, {exchange.verdict for exchange in gateway.log})

    def test_unknown_access_key(self) -> None:
        self.play(scenarios.failure(self.account, self.image_id, self.start))
        credentials = replace(CLIENT_CREDENTIALS, access_key="FAKE-UNKNOWN-ACCESS-KEY")
        self.unwatchable(self.watch(self.gateway(), credentials=credentials))

    def test_url_without_the_stage(self) -> None:
        gateway = self.gateway()
        watch = self.run_program(watch_arguments(self.image_id, gateway.url.removesuffix("/prod")))
        self.unwatchable(watch)

    def test_region_that_the_api_does_not_know(self) -> None:
        arguments = watch_arguments(self.image_id, self.gateway().url, "--signing-region", "us-east-1")
        arguments[arguments.index("--region") + 1] = "mars-north-1"
        self.assertIn("mars-north-1", self.unwatchable(self.run_program(arguments)))

    def test_no_credentials_at_all(self) -> None:
        watch = self.watch(self.gateway(), credentials=None)
        self.unwatchable(watch)

    def test_refused_after_the_first_good_answer_goes_on(self) -> None:
        """From then on a refusal is a state, and the build's end is still found."""
        gateway = self.gateway()
        build, watch = self.watch_building(gateway, 31)
        gateway.schedule = faults.always(faults.EXPLICIT_DENY)
        watch.wait_for_state("unauthorized")
        build.fail_image()
        build.root("CREATE_FAILED")
        gateway.schedule = faults.never
        # A refusal may be retried slowly.
        self.assertEqual("failed", self.outcome(watch, 3, deadline=90)["outcome"])
        self.assert_complete(watch, gateway.log, build.stack)


class Interruptions(ContractCase):
    """Ended from outside while the build continues."""

    def building(self, *flags: str) -> Watch:
        _, watch = self.watch_building(self.gateway(), 31, *flags)
        return watch

    def test_timeout(self) -> None:
        watch = self.building("--timeout", "4s")
        self.assertEqual("building", self.outcome(watch, 4)["outcome"])

    def test_timeout_without_a_good_answer(self) -> None:
        watch = self.watch(self.gateway(faults.always(faults.UNAVAILABLE)), "--timeout", "3s")
        self.assertEqual("unknown", self.outcome(watch, 1)["outcome"])

    def test_timeout_while_waiting_for_an_image(self) -> None:
        watch = self.watch(self.gateway(), "--wait", "--timeout", "5s")
        self.assertEqual("not-found", self.outcome(watch, 5)["outcome"])

    def test_sigint(self) -> None:
        watch = self.building()
        watch.send(signal.SIGINT)
        self.assertEqual("building", self.outcome(watch, 130)["outcome"])

    def test_sigterm(self) -> None:
        watch = self.building()
        watch.send(signal.SIGTERM)
        self.assertEqual("building", self.outcome(watch, 143)["outcome"])

    def test_sighup(self) -> None:
        watch = self.building()
        watch.send(signal.SIGHUP)
        self.assertEqual("building", self.outcome(watch, 129)["outcome"])
