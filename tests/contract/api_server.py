"""The real ParallelCluster API (aws-parallelcluster's own Flask app) on a loopback port.
A process of its own, started by api_process.py inside the virtual environment of requirements.txt."""

import argparse
import os
import sys
import threading
from importlib.resources import files

import pcluster
import pcluster.api.flask_app
import pcluster.utils
from werkzeug.serving import WSGIRequestHandler, make_server


def keep_off_the_internet() -> None:
    """Two parts of the app reach outside; no other part is changed.

    1. The list of supported regions is fetched from a public bucket once per process. The package ships the
       same list for when that fails; it is put into the function's own cache, so that no request is made.
    2. The app refuses to start without Node.js, which only BuildImage needs (its CDK runs on it).
    """
    regions = (files(pcluster) / "resources" / "supported-regions").read_text(encoding="utf-8")
    pcluster.utils.retrieve_supported_regions.cache = regions.split("\n")
    pcluster.api.flask_app.assert_valid_node_js = lambda: None


def end_with_the_parent() -> None:
    """The parent holds the other end of standard input; however it ends, this server is not left behind."""
    sys.stdin.read()
    os._exit(0)


class QuietHandler(WSGIRequestHandler):
    """The gateway keeps the log of requests."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Print nothing."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    port = parser.parse_args().port
    threading.Thread(target=end_with_the_parent, daemon=True).start()
    keep_off_the_internet()
    # As in the deployed Lambda function: responses are not validated. And one request at a time, as one
    # container of it works: the app keeps its region and its AWS clients in globals of the process.
    api = pcluster.api.flask_app.ParallelClusterFlaskApp(swagger_ui=False, validate_responses=False)
    server = make_server("127.0.0.1", port, api.flask_app, threaded=False, request_handler=QuietHandler)
    # The parent waits for this line; from now on connections queue up.
    print(server.socket.getsockname()[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
