"""What the Fava page costs: its views beside Fava's own balance sheet, in one process.

    python -m tests.benchmarks.page [--size S|M|L] [--layout sku|wh] [--runs N] [--max FIRST WARM]

Every answer is what a browser asks for when a reader moves within Fava: the page's article, and
`api/balance_sheet`. `first` is the first request after a load of the ledger, `warm` one that was
asked before. Times are medians; trust the ratios. With `--max`, greater ratios of the view that
opens first are exit status 1.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from fava.application import create_app
from fava.core import FavaLedger
from flask.testing import FlaskClient

from tests.benchmarks import ledgers

RUNS = {"S": 15, "M": 5, "L": 3}
WARM_REQUESTS = 3
PLUGIN = "beancount_invwd|{'missing_price': 'ignore'}"
EXTENSION = '\n2000-01-01 custom "fava-extension" "fava_ext"\n'
PAGE = "extension/Impairment/?partial=true"
ADDRESSES = {
    "balance sheet": "api/balance_sheet",
    "page": PAGE,
    "movements": f"{PAGE}&view=movements",
    "roll-forward": f"{PAGE}&view=rollforward",
    "at risk": f"{PAGE}&view=risk",
    "compare": f"{PAGE}&view=compare",
    "disclosure": f"{PAGE}&view=disclosure",
    "prices": f"{PAGE}&view=prices",
    "compare three": f"{PAGE}&view=compare&price=&with=standard%3Dhgb&with=basis%3Dtotal"
    "&with=price%3D-10%25",
}


class Server(NamedTuple):
    """Fava, asked without a network."""

    client: FlaskClient
    ledger: FavaLedger
    root: str


class Times(NamedTuple):
    """Seconds that the answer to one address took."""

    first: float
    warm: float


def main() -> None:
    """Measure, print the table, and judge."""
    args = parse_arguments()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ledger.beancount")
        ledgers.generate(args, path, PLUGIN)
        add_page(path)
        runs = args.runs or RUNS[args.size]
        found = measure_ledger(path, runs)
    print(f"Ledger {args.size} {args.layout}, n = {runs}\n")
    print(f"{'':14} {'first ms':>9} {'of sheet':>9} {'warm ms':>9} {'of sheet':>9}")
    sheet = found["balance sheet"]
    for name, times in found.items():
        print_row(name, times, sheet)
    judge(found["page"], sheet, args.max)


def add_page(path: Path) -> None:
    """Add the page to a ledger."""
    with path.open("a", encoding="utf-8") as file:
        file.write(EXTENSION)


def measure_ledger(path: Path, runs: int) -> dict[str, Times]:
    """Ask for all addresses, in rounds, so that a slow minute falls on all of them."""
    server = start_server(path)
    rounds = [[measure(server, address) for address in ADDRESSES.values()] for _ in range(runs)]
    medians = [take_medians(times) for times in zip(*rounds, strict=True)]
    return dict(zip(ADDRESSES, medians, strict=True))


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.page",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ledgers.add_arguments(parser)
    parser.add_argument("--runs", type=int, help="runs behind each median (default: by size)")
    parser.add_argument("--max", type=float, nargs=2, metavar=("FIRST", "WARM"))
    return parser.parse_args()


def start_server(path: Path) -> Server:
    """Load the ledger in Fava."""
    app = create_app([path], load=True, poll_watcher=True)
    client = app.test_client()
    root = client.get("/").headers["Location"].split("/")[1]
    return Server(client, app.config["LEDGERS"][root], f"/{root}/")


def measure(server: Server, address: str) -> Times:
    """Load the ledger anew, then ask for an address again and again."""
    server.ledger.load_file()
    first = request(server, address)
    warm = statistics.median(request(server, address) for _ in range(WARM_REQUESTS))
    return Times(first, warm)


def request(server: Server, address: str) -> float:
    """Seconds that an answer takes, from a collected heap."""
    gc.collect()
    start = time.process_time()
    response = server.client.get(server.root + address)
    seconds = time.process_time() - start
    if response.status_code != 200:
        raise ValueError(f"{address}: status {response.status_code}")
    return seconds


def take_medians(times: Sequence[Times]) -> Times:
    """One pair of times for several runs."""
    return Times(*(statistics.median(column) for column in zip(*times, strict=True)))


def print_row(name: str, times: Times, sheet: Times) -> None:
    """Print one row of the table."""
    print(
        f"{name:14} {times.first * 1e3:9.1f} {times.first / sheet.first:8.2f}x"
        f" {times.warm * 1e3:9.1f} {times.warm / sheet.warm:8.2f}x"
    )


def judge(page: Times, sheet: Times, limits: Sequence[float] | None) -> None:
    """Exit with status 1 if the page is too slow."""
    ratios = (page.first / sheet.first, page.warm / sheet.warm)
    if limits and any(ratio > limit for ratio, limit in zip(ratios, limits, strict=True)):
        sys.exit(f"more than {limits[0]} or {limits[1]} times the balance sheet")


if __name__ == "__main__":
    main()
