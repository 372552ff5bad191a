"""What all commands share: loading a ledger, telling of errors, delivering a report.

Errors are printed to stderr as bean-check prints them, and the report is still given. A file is
written whole or not at all.
"""

from __future__ import annotations

import contextlib
import datetime
import importlib.util
import os
import secrets
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
from beancount import loader
from beancount.core import data
from beancount.ops import validation
from beancount.parser import printer

from beancount_invwd.engine import Asked, BadConfiguration, NotSwitchedOn, Run, follow_ledger
from beancount_invwd.engine.readable import make_readable
from beancount_invwd.ground.dates import parse_date
from beancount_invwd.ground.errors import RuleError, read_place
from beancount_invwd.report.output.formats import WRITERS
from beancount_invwd.report.output.numbers import make_numbers
from beancount_invwd.report.output.tables import Document
from beancount_invwd.report.risk import risk
from beancount_invwd.sheets.files import UnreadableError, read_file
from beancount_invwd.sheets.rows import Grid

_PAGE = "beancount_invwd.fava"
_PATIENCE = 1.0  # seconds before anything is said


class Refusal(click.ClickException):
    """Something that the user has to change in how the command was called."""

    exit_code = 2


class Commands(click.Group):
    """Commands whose faults are told in a sentence, as those of the plugin are."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command.

        Raises:
            click.ClickException: A fault of ours, with a message in place of a traceback.
        """
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # what click knows how to tell
        except Exception as error:
            message = (
                f"bean-invwd failed ({type(error).__name__}: {error}); this is a fault of the "
                "program, please report it with the ledger"
            )
            raise click.ClickException(message) from error


def read_date(
    _context: click.Context, _param: click.Parameter, value: str | None
) -> datetime.date | None:
    """Read an option such as 2024-12-31."""
    try:
        return None if value is None else parse_date(value)
    except RuleError as error:
        raise click.BadParameter(f"{value!r} is no date; write 2024-12-31") from error


def read_share(_context: click.Context, _param: click.Parameter, value: str) -> Decimal:
    """Read an option such as 10%."""
    try:
        return risk.read_share(value)
    except RuleError as error:
        raise click.BadParameter(f"{value!r} is not {error}") from error


@dataclass(frozen=True, slots=True)
class Ledger:
    """A loaded ledger.

    Attributes:
        name: Its file, as the user named it.
    """

    entries: Sequence[Any]
    errors: Sequence[Any]
    options_map: Mapping[str, Any]
    name: str

    @property
    def files(self) -> list[str]:
        """The files that it was read from."""
        found = [self.options_map["filename"], *self.options_map["include"]]
        return [name for name in found if os.path.exists(name)]  # noqa: PTH110

    def follow(
        self,
        as_of: datetime.date | None,
        *,
        by_cause: bool = False,
        look_back: Callable[[Run], Any] | None = None,
    ) -> Run:
        """Follow the ledger up to a date; without a policy there is nothing to report."""
        asked = Asked(by_cause=by_cause, look_back=look_back)
        try:
            return follow_ledger(self.entries, self.options_map, as_of, asked=asked)
        except NotSwitchedOn as error:
            raise Refusal(
                'the ledger does not use the plugin; add the line: plugin "beancount_invwd" '
                "(bean-invwd init prints all that is needed)"
            ) from error
        except BadConfiguration as refusal:
            click.echo("Nothing to report: the configuration has errors, see above.", err=True)
            raise click.exceptions.Exit(1) from refusal


def load(filename: str, shown: tuple[str, str] | None = None) -> Ledger:
    """Load a ledger, with the checks of bean-check, and print its errors.

    Args:
        filename: Its file.
        shown: The beginning of names of files, and what errors show in its place.
    """
    with show_progress(f"reading {os.path.basename(filename)}"):  # noqa: PTH119
        entries, errors, options_map = loader.load_file(
            filename, extra_validations=validation.HARDCORE_VALIDATIONS
        )
    if sys.stderr is not None:  # else they would go to stdout
        text = "".join(f"{_format_error(error)}\n" for error in errors)
        sys.stderr.write(text.replace(*(shown or ("", ""))))
    _tell_hidden_page(entries, Path(filename).parent)
    return Ledger(make_readable(entries, options_map), errors, options_map, filename)


def _format_error(error: Any) -> str:
    """As Beancount prints it, which it cannot if the directive is of another plugin's and odd."""
    try:
        return str(printer.format_error(error))  # type: ignore[no-untyped-call]
    except Exception:  # noqa: BLE001 (whatever is odd)
        place = read_place(error.source)
        return f"{place['filename']}:{place['lineno']}: {error.message}\n"


def _tell_hidden_page(entries: Iterable[Any], folder: Path) -> None:
    """Say so if Fava takes something of the user's for the page: it looks beside the ledger first.

    It says nothing itself, and the page is only missing.
    """
    rows = [entry for entry in entries if isinstance(entry, data.Custom) and entry.values]
    rows = [entry for entry in rows if entry.type == "fava-extension"]
    names = {entry.values[0].value: entry for entry in rows}
    places = [folder / "fava_ext.py", folder / "fava_ext" / "__init__.py"]
    own = next((path for path in places if path.exists()), None)
    if own is None or "fava_ext" not in names or _PAGE in names or _is_ours(own):
        return
    line = f'{names["fava_ext"].date} custom "fava-extension" "{_PAGE}"'
    click.echo(
        f"Warning: {own} hides the page of beancount-invwd from Fava; write: {line}", err=True
    )


def _is_ours(path: Path) -> bool:
    """Whether a module is the page itself, as in a checkout."""
    ours = Path(__file__).parents[2] / "fava_ext" / "__init__.py"
    return ours.exists() and path.samefile(ours)


@contextlib.contextmanager
def show_progress(what: str) -> Iterator[None]:
    """Say on a terminal what is done, if it takes more than a second."""
    stderr = sys.stderr
    if stderr is None or not stderr.isatty():
        yield
        return
    said = threading.Event()

    def say() -> None:
        said.set()
        stderr.write(f"bean-invwd: {what} …")
        stderr.flush()

    timer = threading.Timer(_PATIENCE, say)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        if said.is_set():
            stderr.write("\r\x1b[K")
            stderr.flush()


def check_format(name: str, output: str | None) -> None:
    """Refuse a format that cannot be written, before time is spent on loading.

    Raises:
        Refusal: XlsxWriter is missing, or a terminal would get a binary file.
    """
    if name not in {"xlsx", "zip"}:
        return
    if importlib.util.find_spec("xlsxwriter") is None:
        raise Refusal("this needs XlsxWriter: pip install 'beancount-invwd[xlsx]'")
    if output is None and sys.stdout is not None and sys.stdout.isatty():
        raise Refusal(f"a file of {name} is no text: add --output FILE.{name}")


def deliver(ledger: Ledger, document: Document, name: str, output: str | None, run: Run) -> None:
    """Write a document in a format, and tell by the exit status whether the ledger has errors."""
    hand_over(ledger, document, name, output, run)
    finish(ledger)


def hand_over(ledger: Ledger, document: Document, name: str, output: str | None, run: Run) -> None:
    """Write a document in a format, whatever the ledger's errors."""
    write(ledger, WRITERS[name](document, make_numbers(run)), output)
    if name not in {"text", "xlsx"}:
        for warning in document.warnings:
            click.echo(warning, err=True)


def finish(ledger: Ledger) -> None:
    """End with status 1 if the ledger has errors."""
    if ledger.errors:
        raise click.exceptions.Exit(1)


def write(ledger: Ledger, content: str | bytes, output: str | None) -> None:
    """Write what was found of a ledger.

    Raises:
        Refusal: The file cannot be written, or is one of the ledger's.
    """
    if output != "-":
        check_apart(output, ledger.files)
    save(content, output)


def save(content: str | bytes, output: str | None) -> None:
    """Write to stdout, or to a file, whole or not at all.

    Raises:
        Refusal: The file cannot be written.
    """
    if output is None or output == "-":
        _write_stdout(content)
        return
    encoded = content.encode() if isinstance(content, str) else content
    try:
        _replace(Path(output), encoded)
    except OSError as error:
        raise Refusal(f"cannot write {output}: {error.strerror or error}") from error


def check_apart(output: str | None, inputs: Iterable[str]) -> None:
    """Refuse to write over what was read.

    Raises:
        Refusal: The file is one of the inputs.
    """
    for path in inputs:
        if output and os.path.exists(output) and os.path.samefile(output, path):  # noqa: PTH110, PTH121
            raise Refusal(f"{output} was read for this and is not written over; name another file")


def read_sheet_file(path: str, output: str | None) -> Grid:
    """Read a sheet, before time is spent on the ledger.

    Raises:
        Refusal: It cannot be read, or is to be written over.
    """
    check_apart(output, [path])
    try:
        return read_file(path)
    except UnreadableError as error:
        raise Refusal(str(error)) from error


def _write_stdout(content: str | bytes) -> None:
    if sys.stdout is None:
        raise Refusal("cannot write to stdout: it is closed; add --output FILE")
    try:
        click.echo(content, nl=False, color=True)  # nothing is coloured, nothing to strip
    except BrokenPipeError:
        raise  # nobody reads any more, which click takes for an end
    except UnicodeEncodeError as error:  # as Windows has it, if it goes to a file or a pipe
        letter = error.object[error.start]
        raise Refusal(
            f"cannot write to stdout: its encoding {sys.stdout.encoding} has no {letter!a}; "
            "add --output FILE, which is UTF-8, or set PYTHONUTF8=1"
        ) from error
    except OSError as error:
        raise Refusal(f"cannot write to stdout: {error.strerror or error}") from error


def _replace(path: Path, content: bytes) -> None:
    """Write a file beside the old one, and put it in its place when it is complete.

    `click.open_file(…, atomic=True)` would put half a file there when the disk is full.
    """
    if path.exists() and not path.is_file():  # a pipe or a device; a folder is refused here
        path.write_bytes(content)
        return
    path = Path(os.path.realpath(path))  # what a link points to; that of a pipe has no name
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(13, "Permission denied")
    beside = path.with_name(f".{path.name[:40]}.{secrets.token_hex(4)}")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # before it takes the place of the old one
        if path.exists():
            beside.chmod(path.stat().st_mode & 0o777)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
