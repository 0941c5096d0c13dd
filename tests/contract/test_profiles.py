"""Profiles as the AWS CLI reads them: botocore, its library, and the program find the same keys and the same region in
every file, or both find an error of the same class."""

import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

from watcher import DEADLINE, binary

# Asks botocore for the profile in each of the folders, and prints a list of `[keys, region]` or the name of its error.
ORACLE = """
import json, os, sys
import botocore.session
found = []
for folder in sys.argv[1:]:
    os.environ.update(AWS_CONFIG_FILE=folder + "/config", AWS_SHARED_CREDENTIALS_FILE=folder + "/credentials")
    try:
        session = botocore.session.Session(profile="work")
        session.get_scoped_config()
        keys = session.get_credentials()
        region = session.get_config_variable("region")
        found.append([keys.get_frozen_credentials().access_key, region] if keys else "none")
    except Exception as error:
        found.append(type(error).__name__)
print(json.dumps(found))
"""
# The words of the program for each error of botocore.
CLASSES = {
    "none": "is gone or has no credentials|unknown AWS profile",
    "ProfileNotFound": "unknown AWS profile",
    "PartialCredentialsError": "invalid AWS configuration",
    "InvalidConfigError": "invalid AWS configuration",
    "InfiniteLoopConfigError": "invalid AWS configuration",
    "CredentialRetrievalError": "failed to get credentials",
    "FileNotFoundError": "failed to get credentials",
    "JSONDecodeError": "failed to get credentials",
    "SSOTokenLoadError": "run aws sso login",
}
REGION = "region = eu-west-1\n"
KEYS = "aws_access_key_id = AK1\naws_secret_access_key = s\n"
OTHER_KEYS = "aws_access_key_id = AK2\naws_secret_access_key = s\n"
PLAIN = "[profile work]\n" + REGION + KEYS
ROLE = "[profile work]\n" + REGION + "role_arn = arn:aws:iam::123456789012:role/r\n"
SSO = "sso_account_id = 123456789012\nsso_role_name = r\n"
PORTAL = "sso_region = us-east-1\nsso_start_url = https://x.awsapps.com/start\n"
PROCESS = "[profile work]\n" + REGION + "credential_process = "
# A config file and a credentials file each.
FILES: dict[str, tuple[str, str]] = {
    "plain": (PLAIN, ""),
    "crlf": (PLAIN.replace("\n", "\r\n"), ""),
    "no line end": (PLAIN.rstrip(), ""),
    "tabs": (PLAIN.replace("\n", "\n\t"), ""),
    "tabs around =": (PLAIN.replace(" = ", "\t=\t"), ""),
    "a tab in the name": (PLAIN.replace("profile work", "profile\twork"), ""),
    "two spaces in the name": (PLAIN.replace("profile work", "profile  work"), ""),
    "spaces before the section": ("  " + PLAIN, ""),
    "double quotes": (PLAIN.replace("work", '"work"'), ""),
    "single quotes": (PLAIN.replace("work", "'work'"), ""),
    "more than a name": (PLAIN.replace("work]", "work more]"), ""),
    "an open quote": (PLAIN.replace("work", "wo'rk"), ""),
    "no prefix": (PLAIN.replace("profile ", ""), ""),
    "a prefix in capitals": (PLAIN.replace("profile", "Profile"), ""),
    "a comment after the section": (PLAIN.replace("]", "] # c"), ""),
    "text after the section": (PLAIN.replace("]", "] text"), ""),
    "comments": ("# c\n; c\n" + PLAIN.replace("\n", "\n# c\n  # c\n"), ""),
    "blank lines": (PLAIN.replace("\n", "\n\n"), ""),
    "colons": (PLAIN.replace(" = ", ": "), ""),
    "no spaces": (PLAIN.replace(" = ", "="), ""),
    "capitals": (PLAIN.replace("region", "REGION").replace("aws_a", "AWS_A"), ""),
    "spaces around values": (PLAIN.replace("= ", "=   ").replace("\n", "  \n"), ""),
    "= and : in a value": (PLAIN.replace("= s", "= s=:="), ""),
    "nested": (PLAIN + "s3 =\n  region = us-east-2\n  addressing_style = path\n", ""),
    "nested before": (PLAIN.replace(REGION, "s3 =\n  region = us-east-2\n" + REGION), ""),
    "nested after a blank line": (PLAIN + "s3 =\n\n  max = 1\n", ""),
    "services": ("[services s]\nsts =\n  endpoint_url = https://x\n" + PLAIN + "services = s\n", ""),
    "services that are missing": (PLAIN + "services = s\n", ""),
    "the default profile too": ("[default]\nregion = us-west-1\n" + OTHER_KEYS + PLAIN, ""),
    "an unknown section": (PLAIN + "[plugins]\ncli = x\n", ""),
    "a session token": (PLAIN + "aws_session_token = t\n", ""),
    "other languages": (PLAIN + "[profile größe]\nregion = x\n", ""),
    "keys in the credentials file": ("[profile work]\n" + REGION, "[work]\n" + KEYS),
    "keys in both files": (PLAIN, "[work]\n" + OTHER_KEYS),
    "a token in the other file": (PLAIN + "aws_session_token = t\n", "[work]\n" + OTHER_KEYS),
    "half of the keys in the credentials file": (PLAIN, "[work]\naws_access_key_id = AK2\n"),
    "a region in the credentials file": (PLAIN, "[work]\nregion = us-west-2\n"),
    "the credentials file alone": ("", "[work]\nregion = us-west-2\n" + KEYS),
    "a prefix in the credentials file": ("[profile work]\n" + REGION, "[profile work]\n" + KEYS),
    "no keys": ("[profile work]\n" + REGION, ""),
    "only the id of the key": ("[profile work]\n" + REGION + "aws_access_key_id = AK1\n", ""),
    "another profile": ("[profile other]\n" + REGION + KEYS, ""),
    "empty files": ("", ""),
    "its own source": (ROLE + "source_profile = work\n", ""),
    "a ring of sources": (ROLE + "source_profile = b\n" + ROLE.replace("work", "b") + "source_profile = work\n", ""),
    "a source that is missing": (ROLE + "source_profile = b\n", ""),
    "a source without keys": (ROLE + "source_profile = b\n[profile b]\nregion = x\n", ""),
    "no source": (ROLE, ""),
    "two sources": (ROLE + "source_profile = b\ncredential_source = Environment\n[profile b]\n" + KEYS, ""),
    "a source without a role": ("[profile work]\n" + REGION + "source_profile = b\n[profile b]\n" + KEYS, ""),
    "a process": (PROCESS + "{keys} a b\n", ""),
    "a process in double quotes": (PROCESS + '"{keys with a space}" a\n', ""),
    "a process in single quotes": (PROCESS + "'{keys with a space}' a\n", ""),
    "quoted arguments": (PROCESS + "{keys} \"a 'b\" 'c \"d'\n", ""),
    "signs of comments in arguments": (PROCESS + "{keys} \"a #b\" 'c ;d' #e\n", ""),
    "a process of several lines": (PROCESS + "{keys} a\n  b # c\n", ""),
    "signs of the shell in arguments": (PROCESS + "{keys} https://x/?a=1&b=2;c 'd&e;f'\n", ""),
    "properties of every section": ("[DEFAULT]\n" + KEYS + "[profile work]\n" + REGION, ""),
    "an indented process": ("[profile work]\n " + REGION + " credential_process = {keys} a\n", ""),
    "keys and a process": (PLAIN + "credential_process = {keys} a\n", ""),
    "a process that fails": (PROCESS + "false\n", ""),
    "a process that is missing": (PROCESS + "/missing/x\n", ""),
    "a process that prints no keys": (PROCESS + "echo nothing\n", ""),
    "an SSO session without a login": (PLAIN.replace(KEYS, "sso_session = s\n" + SSO) + "[sso-session s]\n" + PORTAL, ""),
    "an SSO session with two spaces": (PLAIN.replace(KEYS, "sso_session = s\n" + SSO) + "[sso-session  s]\n" + PORTAL, ""),
    "an SSO session that is missing": (PLAIN.replace(KEYS, "sso_session = s\n" + SSO), ""),
    "half of an SSO profile": (PLAIN.replace(KEYS, "sso_start_url = https://x.awsapps.com/start\n"), ""),
}
SCRIPT = """#!/bin/sh
sum=$(printf '<%s>' "$@" | cksum | cut -d' ' -f1)
printf '{"Version": 1, "AccessKeyId": "AK%s", "SecretAccessKey": "s"}' "$sum"
"""


class Gateway(http.server.BaseHTTPRequestHandler):
    """Denies every request, and keeps the scope of its signature."""

    scopes: list[str] = []

    def do_GET(self) -> None:
        self.scopes.append(self.headers.get("Authorization", ""))
        body = json.dumps({"Message": "User: x is not authorized to perform: execute-api:Invoke"}).encode()
        self.send_response(403)
        self.send_header("x-amzn-ErrorType", "AccessDeniedException")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Profiles(unittest.TestCase):
    """Each file of the table."""

    def test_profiles_are_those_of_botocore(self) -> None:
        server = http.server.HTTPServer(("127.0.0.1", 0), Gateway)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with tempfile.TemporaryDirectory() as home:
            folders = [self.folder(Path(home, str(index)), *texts) for index, texts in enumerate(FILES.values())]
            environment = {"PATH": "/usr/bin:/bin", "HOME": home, "AWS_EC2_METADATA_DISABLED": "true"}
            asked = subprocess.run(
                [sys.executable, "-c", ORACLE, *folders], env=environment, capture_output=True, check=True, timeout=DEADLINE
            )
            for name, folder, expected in zip(FILES, folders, json.loads(asked.stdout), strict=True):
                with self.subTest(name):
                    self.compare(f"http://127.0.0.1:{server.server_port}", environment, folder, expected)

    def folder(self, folder: Path, config: str, credentials: str) -> str:
        """A folder with both files, and with the processes that they name."""
        folder.mkdir()
        for name in ("keys", "keys with a space"):
            script = folder / name
            script.write_text(SCRIPT)
            script.chmod(0o755)
            config = config.replace("{" + name + "}", str(script))
        (folder / "config").write_text(config, newline="")
        (folder / "credentials").write_text(credentials, newline="")
        return str(folder)

    def compare(self, url: str, environment: dict[str, str], folder: str, expected: list[str] | str) -> None:
        """Watch with the profile of the folder until the gateway denies it."""
        files = {"AWS_CONFIG_FILE": f"{folder}/config", "AWS_SHARED_CREDENTIALS_FILE": f"{folder}/credentials"}
        arguments = [str(binary()), "watch", "img", "--api-url", url, "--profile", "work", "--no-record", "-o", "text"]
        Gateway.scopes.clear()
        ended = subprocess.run(
            arguments, env=environment | files, capture_output=True, text=True, check=False, timeout=DEADLINE
        )
        said = ended.stdout + ended.stderr
        self.assertIn(ended.returncode, (1, 2), said)
        if isinstance(expected, str):
            self.assertRegex(said, CLASSES[expected])
            self.assertEqual([], Gateway.scopes)
            return
        scope = re.search(r"Credential=([^/]*)/\d*/([^/]*)/", Gateway.scopes[0] if Gateway.scopes else "")
        self.assertEqual(expected, list(scope.groups()) if scope else said)
