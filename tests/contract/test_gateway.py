"""The harness itself: its signature check agrees with botocore's signer and refuses all others,
so that `accepted` in the other tests is evidence."""

import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials

from account import REGION
from contract_case import ContractCase
from gateway import CLIENT_CREDENTIALS, Gateway
from scenarios import Build
from sigv4 import Credentials

AWKWARD_PATHS = (
    "/v3/images/custom/x/stackevents",
    "/v3/images/custom/x/stackevents?nextToken=a%2Bb%2Fc%3D%3D&region=us-east-1",
    "/v3/images/custom/x/stackevents?region=us-east-1&nextToken=%20-._~",
    "/v3/images/custom/x/stackevents?b=2&a=1&a=0&empty=",
    "/v3/images/custom/x/logstreams/3.16.1%2F1",
    "/v3/images/custom/x/logstreams/3.16.1%252F1",
)


def signed_headers(gateway: Gateway, path: str, credentials: Credentials, region: str = REGION) -> Mapping[str, str]:
    """The request that botocore would send."""
    request = AWSRequest(method="GET", url=gateway.url + path)
    signer = BotocoreCredentials(credentials.access_key, credentials.secret_key, credentials.session_token)
    SigV4Auth(signer, "execute-api", region).add_auth(request)
    return dict(request.headers)


def get(gateway: Gateway, path: str, headers: Mapping[str, str]) -> tuple[int, str | None, str]:
    """Status, error type and message of the response; the path goes out as it is."""
    url = urlsplit(gateway.url)
    connection = http.client.HTTPConnection(url.netloc, timeout=30)
    connection.request("GET", url.path + path, headers=dict(headers))
    response = connection.getresponse()
    body = json.loads(response.read())
    connection.close()
    return response.status, response.getheader("x-amzn-ErrorType"), body.get("message", "")


class Signatures(ContractCase):
    """Signed by botocore, verified by sigv4.py."""

    def refused(self, gateway: Gateway, headers: Mapping[str, str], error_type: str, message: str) -> None:
        answer = get(gateway, AWKWARD_PATHS[1], headers)
        self.assertEqual((403, error_type), answer[:2])
        self.assertRegex(answer[2], message)

    def test_what_botocore_signs_is_accepted(self) -> None:
        gateway = self.gateway()
        for path in AWKWARD_PATHS:
            get(gateway, path, signed_headers(gateway, path, CLIENT_CREDENTIALS))
        self.assertEqual(["accepted"] * len(AWKWARD_PATHS), [exchange.verdict for exchange in gateway.log])

    def test_what_differs_is_refused(self) -> None:
        gateway = self.gateway()
        good = signed_headers(gateway, AWKWARD_PATHS[1], CLIENT_CREDENTIALS)
        other_path = signed_headers(gateway, AWKWARD_PATHS[0], CLIENT_CREDENTIALS)
        other_secret = signed_headers(gateway, AWKWARD_PATHS[1], replace(CLIENT_CREDENTIALS, secret_key="other"))
        no_token = signed_headers(gateway, AWKWARD_PATHS[1], replace(CLIENT_CREDENTIALS, session_token=None))
        unsigned_token = dict(no_token) | {"X-Amz-Security-Token": str(CLIENT_CREDENTIALS.session_token)}
        invalid, mismatch = "UnrecognizedClientException", "InvalidSignatureException"
        self.refused(gateway, {}, "MissingAuthenticationTokenException", "^Missing Authentication Token$")
        self.refused(gateway, other_path, mismatch, "^The request signature we calculated does not match")
        self.refused(gateway, other_secret, mismatch, "The Canonical String for this request should have been")
        self.refused(gateway, no_token, invalid, "^The security token included in the request is invalid.$")
        self.refused(gateway, unsigned_token, mismatch, "Unsigned headers: x-amz-security-token")
        malformed = dict(good) | {"Authorization": "AWS4-HMAC-SHA256 x"}
        self.refused(gateway, malformed, "IncompleteSignatureException", "malformed")
        other_region = signed_headers(gateway, AWKWARD_PATHS[1], CLIENT_CREDENTIALS, "eu-west-1")
        self.refused(gateway, other_region, mismatch, "valid region")

    def test_clock_may_be_wrong_by_five_minutes(self) -> None:
        gateway = self.gateway()
        headers = signed_headers(gateway, AWKWARD_PATHS[1], CLIENT_CREDENTIALS)
        for minutes, message in ((6, "Signature expired"), (-6, "Signature not yet current")):
            gateway.clock_offset = timedelta(minutes=minutes)
            self.refused(gateway, headers, "InvalidSignatureException", f"^{message}: .* 5 min")
        gateway.clock_offset = timedelta(minutes=4)
        get(gateway, AWKWARD_PATHS[1], headers)
        self.assertEqual("accepted", gateway.log[-1].verdict)

    def test_tokens_are_as_awkward_as_they_get(self) -> None:
        build = Build(self.account, self.image_id, self.start)
        build.account.page_size, page_size = 1, build.account.page_size
        self.addCleanup(setattr, build.account, "page_size", page_size)
        build.root("CREATE_FAILED")
        _, token = build.account.event_page(build.stack, None)
        self.assertTrue(re.search(r"\+.*/|/.*\+", str(token)) and str(token).endswith("="))
