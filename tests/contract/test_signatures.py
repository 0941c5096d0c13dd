"""The signatures that the program's signer is compared with are still those that botocore makes."""

import unittest

from signatures import FIXTURE, signatures


class Signatures(unittest.TestCase):
    def test_the_fixture_is_botocores(self) -> None:
        self.assertEqual(signatures(), FIXTURE.read_text(encoding="utf-8"))
