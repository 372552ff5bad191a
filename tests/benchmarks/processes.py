"""Processes of their own: nothing that ran before is in the way of what is measured."""

from __future__ import annotations

import multiprocessing
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).parents[2]

T = TypeVar("T")


def apart(function: Callable[..., T], *args: object, patience: float | None = None) -> T:
    """Run a function of a module in a process of its own.

    Raises:
        multiprocessing.TimeoutError: It takes more than `patience` seconds.
    """
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply_async(function, args).get(patience)


def peak_memory() -> float:
    """The most memory, in MB, that this process ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def run_python(program: str, *args: str) -> str:
    """Run a program in a fresh interpreter, with bytecode as installed; return what it prints."""
    command = [sys.executable, "-c", program, *args]
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run(
        command, check=True, cwd=ROOT, env=kept, capture_output=True, text=True
    ).stdout


def time_command(name: str, *args: str) -> float:
    """Seconds of the processor that a command takes, without Beancount's cache.

    Args:
        name: Of the command, which is installed beside this Python.
        args: What else it is called with.
    """
    before = _count_seconds()
    command = [str(Path(sys.executable).with_name(name)), *args]
    environment = os.environ | {"BEANCOUNT_DISABLE_LOAD_CACHE": "1"}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    return _count_seconds() - before


def _count_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
