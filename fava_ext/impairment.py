"""The page "Impairment" in Fava: what inventory is worth, what was lost, and why.

    2024-01-01 custom "fava-extension" "beancount_invwd.fava"

The page is a face: it shows the rows of `beancount_invwd.report` by their own columns, and computes
nothing of its own but which of them to show. A request goes this way:

- `request`: the address is read (question), the ledger followed (cache), filters pick (selection)
- `views`: one for each report, in the order of the page; `tables` makes cells of its rows
- `head`, `overview` (figures, charts), `pages`: what stands above a view, and the whole page
- `downloads`: the files that the command line would write

Fava's private parts are in `fava_api`. Templates have no logic, and escape all that comes from the
ledger; `Impairment.js` and
`charts.js` are the only scripts.
"""

from __future__ import annotations

import json
import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from fava.ext import FavaExtensionBase, extension_endpoint
from flask import Response

from beancount_invwd.engine import BadConfiguration, NotSwitchedOn, collector_paused, take_kept
from beancount_invwd.ground.words import current_language, plural, say, speaking, translate
from beancount_invwd.report.compare.scenarios import BadScenario
from beancount_invwd.report.diff.revisions import NoSuchVersion
from beancount_invwd.report.explain.explain import UnknownItem

from . import downloads, fava_api
from .formats import Formats
from .head import Head, list_mistakes
from .pages import Page, build_page
from .request.cache import Cache
from .request.context import Context
from .request.question import BadQuestionError, read_question
from .request.selection import Selection
from .views import prices
from .views.explain import tell_story
from .views.index import VIEWS, build_body, link_commands, list_links
from .words import break_words, hyphenate, list_script_words, say_escaped, shorten_place

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from fava.core import FavaLedger

_log = logging.getLogger(__name__)
_WRONG = (
    fava_api.BadFilterError,
    BadQuestionError,
    BadScenario,
    NoSuchVersion,
    UnknownItem,
    downloads.NothingToWriteError,
)
_MOST_PAGES = 32
Found = TypeVar("Found")


class Impairment(FavaExtensionBase):
    """The page; its name is also its address."""

    has_js_module = True
    translate = staticmethod(translate)
    plural = staticmethod(plural)
    say = staticmethod(say_escaped)
    break_words = staticmethod(break_words)
    hyphenate = staticmethod(hyphenate)
    link_commands = staticmethod(link_commands)
    shorten_place = staticmethod(shorten_place)
    list_script_words = staticmethod(list_script_words)

    @property
    def report_title(self) -> str:  # type: ignore[override]
        """What leads to the page, in Fava's language."""
        with speaking(fava_api.read_language()):
            return say("Impairment")

    def __init__(self, ledger: FavaLedger, config: str | None = None) -> None:
        """Take the ledger; the page has no options, and a configuration must not stop Fava."""
        super().__init__(ledger, None)
        self.ignored_config = config
        self._cache: Cache | None = None

    def after_load_file(self) -> None:
        """Forget what was computed of the ledger before, and take what its load computed."""
        kept = take_kept(self.ledger.all_entries, self.ledger.options)
        self._cache = Cache(self.ledger, kept)

    # The page

    def build_page(self) -> Page:
        """Build the page for this request; whatever goes wrong is said on it."""
        try:
            fava_api.speak()
            return self._remember("page", build_page)
        except (fava_api.BadFilterError, BadQuestionError) as error:
            return Page(problem=str(error), clear_url=fava_api.url_without_filters())
        except NotSwitchedOn:
            source = {"filename": self.ledger.beancount_file_path, "lineno": 1}
            url = fava_api.url_of_source(self.ledger, source)
            return Page(is_switched_on=False, editor_url=url)
        except BadConfiguration:
            mistakes = list_mistakes(self.ledger, Formats(self.ledger))
            view = fava_api.read_arguments().get("view", "todo")
            return Page(view, Head(list_links(view), mistakes))
        except Exception as error:  # noqa: BLE001 (as in plugin.py: said, not thrown)
            return self._report(error)

    def _report(self, error: Exception) -> Page:
        _log.exception("the page failed")
        formats = Formats(self.ledger)
        text = formats.sentence(f"{type(error).__name__}: {error}")
        return Page(fault=text, mistakes=list_mistakes(self.ledger, formats))

    def _remember(self, name: str, build: Callable[[Context], Found]) -> Found:
        """Build what is asked for, unless it was since the ledger was loaded."""
        cache, filters = self._find_cache(), fava_api.read_filters(self.ledger)
        key = (
            name,
            filters,
            current_language(),
            *fava_api.key_of_request(),
        )  # "month" is another one tomorrow
        found: Found | None = cache.pages.get(key)
        if found is None:
            found = self._build(build, cache, filters)
            if len(cache.pages) >= _MOST_PAGES:
                cache.pages.clear()
            cache.pages[key] = found
        return found

    def _build(
        self, build: Callable[[Context], Found], cache: Cache, filters: fava_api.Filters
    ) -> Found:
        """Build what is asked for from the state of a date, which is for one request at a time."""
        with cache.lock(filters.end), collector_paused():
            return build(self._make_context(cache, filters))

    def _find_cache(self) -> Cache:
        if self._cache is None:
            self._cache = Cache(self.ledger)
        return self._cache

    def _make_context(self, cache: Cache, filters: fava_api.Filters) -> Context:
        question = read_question(fava_api.read_arguments())
        run = cache.follow(filters.end)
        formats = Formats(self.ledger, run.quantum)
        return Context(self.ledger, cache, question, Selection(run, filters), formats)

    # What the script asks for

    @extension_endpoint
    def fragment(self) -> Response:
        """The view alone, without what stands above it."""
        return self._answer(lambda: self._render("body.html", "body", build_body))

    @extension_endpoint
    def explain_panel(self) -> Response:
        """The explanation of an item, for a dialog."""
        return self._answer(lambda: self._render("story.html", "story", tell_story))

    def _render(self, template: str, name: str, build: Callable[[Context], Any]) -> Response:
        values = {name: self._remember(name, build), "ledger": self.ledger, "extension": self}
        words = {"_": translate, "plural": plural, "say": say_escaped}
        html = self.jinja_env.get_template(f"impairment/{template}").render(**values, **words)
        return Response(html, mimetype="text/html")

    @extension_endpoint
    def price_lines(self) -> Response:
        """Prices that were filled in, as directives to copy."""

        def make() -> Response:
            filters = fava_api.read_filters(self.ledger)
            found = self._build(prices.read, self._find_cache(), filters)
            return Response(json.dumps(found, ensure_ascii=False), mimetype="application/json")

        return self._answer(make)

    # Downloads

    def download(self, build: Callable[[Context], Callable[[], downloads.File]]) -> Response:
        """Send a file that the command line would write; none in incognito mode.

        Large ones take their time to be written, when the state of the date is free again.
        """
        if fava_api.is_incognito():
            return _refuse(say("Fava runs in incognito mode: there are no downloads"), 403)

        def make() -> Response:
            filters = fava_api.read_filters(self.ledger)
            return _send(self._build(build, self._find_cache(), filters)())

        return self._answer(make)

    def _answer(self, make: Callable[[], Response]) -> Response:
        """Answer, or say in JSON what is wrong."""
        try:
            fava_api.speak()
            return make()
        except NotSwitchedOn:
            return _refuse(say('the ledger does not use the plugin; add: plugin "beancount_invwd"'))
        except BadConfiguration:
            return _refuse(say("the configuration of the plugin line has errors"))
        except _WRONG as error:
            return _refuse(Formats(self.ledger).sentence(str(error)))
        except Exception as error:  # noqa: BLE001
            _log.exception("the page failed")
            text = say(
                "beancount-invwd failed ({error}); please report it",
                error=": ".join((type(error).__name__, str(error))),
            )
            return _refuse(Formats(self.ledger).sentence(text))


def _add_downloads(cls: type[Impairment]) -> None:
    """Give the page an endpoint for each view and format."""
    for name, view in VIEWS.items():
        if view.document is not None:
            for style in downloads.STYLES:
                build = partial(downloads.write_table, name, style, view.document)
                _add_endpoint(cls, f"{name}.{style}", partial(cls.download, build=build))
        for style, write in view.texts.items():
            build = partial(downloads.write_text, name, style, write)
            _add_endpoint(cls, f"{name}.{style}", partial(cls.download, build=build))


def _add_endpoint(
    cls: type[Impairment], name: str, answer: Callable[[Impairment], Response]
) -> None:
    def call(page: Impairment) -> Response:  # a function: what is partial would not be a method
        return answer(page)

    mark: Callable[[Any], Any] = extension_endpoint(name)
    setattr(cls, name, mark(call))


def _send_script(_: Impairment) -> Response:
    """The module that draws charts: Fava itself serves one file of an extension."""
    text = (Path(__file__).parent / "charts.js").read_text(encoding="utf-8")
    return Response(text, mimetype="text/javascript")


_add_downloads(Impairment)
_add_endpoint(Impairment, "charts.js", _send_script)


def _send(file: downloads.File) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return Response(file.content, content_type=file.type, headers=headers)


def _refuse(message: str, status: int = 400) -> Response:
    body = json.dumps({"error": message}, ensure_ascii=False)
    return Response(body, status, mimetype="application/json")
