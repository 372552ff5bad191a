"""Fava as users run it: ledger files → its own command in a process, listening on a free port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START = "from fava.cli import main; main()"
PATIENCE = 60
"""Seconds after which a server that does not answer is given up."""


@contextmanager
def serve(ledger: Path, *options: str) -> Iterator[str]:
    """Run `fava` on a ledger for a while; give its address, without a slash at the end."""
    port = find_free_port()
    command = [sys.executable, "-c", START, str(ledger), "--port", str(port), *options]
    environment = {name: os.environ[name] for name in os.environ if name != "BEANCOUNT_FILE"}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_until_it_listens(process, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def find_free_port() -> int:
    """Find a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_it_listens(process: subprocess.Popen[bytes], port: int) -> None:
    """Return once the port takes connections."""
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"Fava did not start: exit status {process.poll()}")
