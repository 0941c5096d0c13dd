"""`run serve`: the whole cloud for manual use. Plays one scenario, prints the command that watches it,
and runs until interrupted."""

import argparse
import signal
import sys
import time
from datetime import datetime, timezone

import faults
from account import REGION
from cloud import Cloud
from gateway import CLIENT_CREDENTIALS, Gateway
from scenarios import SCENARIOS

FAULTS = {
    fault.name.replace(" ", "-"): fault
    for fault in (
        faults.TOO_MANY_REQUESTS,
        faults.INTERNAL_ERROR,
        faults.BAD_GATEWAY,
        faults.UNAVAILABLE,
        faults.TIMED_OUT,
        faults.EXPIRED_CREDENTIALS,
        faults.EXPLICIT_DENY,
        faults.RESET,
        faults.CAPTIVE_PORTAL,
        faults.TRUNCATED,
        faults.HALF_JSON,
        faults.DEAD_TOKEN,
    )
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="run serve", description=__doc__)
    parser.add_argument("--scenario", choices=SCENARIOS, default="success")
    parser.add_argument("--image-id", default="alinux2-image")
    parser.add_argument("--speed", type=float, default=60.0, help="scenario seconds a second (default 60)")
    parser.add_argument("--port", type=int, default=0, help="the gateway's port (default: any free one)")
    parser.add_argument("--no-sign", action="store_true", help="accept unsigned requests")
    parser.add_argument("--fault", choices=FAULTS, help="every second request meets this fault")
    options = parser.parse_args()

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    credentials = None if options.no_sign else CLIENT_CREDENTIALS
    schedule = faults.every_second(FAULTS[options.fault]) if options.fault else faults.never
    cloud = Cloud()
    gateway = Gateway(cloud.api.port, schedule, credentials, port=options.port)
    if credentials is not None:
        print(f"export AWS_ACCESS_KEY_ID={credentials.access_key} AWS_SECRET_ACCESS_KEY={credentials.secret_key}")
        print(f"export AWS_SESSION_TOKEN={credentials.session_token} AWS_REGION={REGION}")
    unsigned = " --no-sign-request" if options.no_sign else ""
    print(f"bakewatch watch {options.image_id} --region {REGION} --api-url {gateway.url}{unsigned}", flush=True)
    try:
        start = datetime.now(timezone.utc)
        for seconds in SCENARIOS[options.scenario](cloud.account, options.image_id, start):
            time.sleep(seconds / options.speed)
        print("the scenario is over; Ctrl-C ends the server", flush=True)
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        pass
    finally:
        gateway.close()
        cloud.close()


if __name__ == "__main__":
    main()
