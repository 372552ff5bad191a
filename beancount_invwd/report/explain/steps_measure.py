"""A lot and its evidence → the steps of its measure.

    sales value   40 × 25.00 × 1.04       = 1,040.00
    cost to sell  40 × 3.00               =   120.00      example.beancount:50
    NRV           1040.00 − 120.00        =   920.00

The engine decides; here its arithmetic is only spelled out. Tests hold the results against the
engine's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.money import ONE, ZERO
from beancount_invwd.ground.words import mark, say, translate
from beancount_invwd.lots.demand import Rate, lower_cost
from beancount_invwd.measure.rule import charge
from beancount_invwd.policy.values import find_rate
from beancount_invwd.report.explain.steps import Case, Step, show_price, times
from beancount_invwd.report.explain.steps_evidence import tell_statement
from beancount_invwd.report.output.numbers import show, show_share

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from beancount_invwd.directives.estimates import Estimate
    from beancount_invwd.measure.measured import Use
    from beancount_invwd.measure.prices import Price
    from beancount_invwd.measure.rule import Charged, Rule
    from beancount_invwd.report.ledger.sources import Sources

_CHARGES = {
    "completion_cost": (mark("cost to complete"), "invwd-completion-cost"),
    "selling_cost": (mark("cost to sell"), "invwd-selling-cost"),
}
_WORDS = {
    "lower": mark("the smaller of NRV and replacement cost"),
    "lcm": mark("the middle one of replacement cost, NRV, and NRV less normal margin (at least 0)"),
}


class MeasureSteps:
    """Spells the measure of a lot out.

    Args:
        case: The lot.
        section: What the steps belong to.
        sources: Names files and lines.
        find_open: Gives the Open directive of an account, which may state terms.
        estimates: Those that changed, in the order of their dates.
    """

    def __init__(
        self,
        case: Case,
        section: str,
        sources: Sources,
        find_open: Callable[[str], Any],
        estimates: Sequence[Estimate],
    ) -> None:
        self._case = case
        self._section = section
        self._sources = sources
        self._find_term = _Places(case, sources, find_open, estimates).find

    def list_all(self) -> Iterator[Step]:
        """From units to the value that cost is tested against."""
        case = self._case
        facts, lot, particular = case.lot.facts, case.lot, case.particular
        if facts.expires is not None and facts.expires <= case.day:
            yield from self._list_expired()
        elif particular is not None and particular.number is not None:
            yield tell_statement(self._section, particular, self._sources)
            yield times(self._section, say("measure"), lot.units, particular.number)
        elif facts.nrv is not None:
            source = self._sources.locate(facts.meta)
            yield times(
                self._section, say("value known at purchase"), lot.units, facts.nrv[0], source
            )
        else:
            yield from self._list_item()
        yield from self._list_rates()

    def _list_expired(self) -> Iterator[Step]:
        lot, section = self._case.lot, self._section
        own = lot.facts.salvage
        salvage = own or lot.stock.facts.salvage
        source = self._sources.locate(lot.facts.meta)
        yield Step(
            section, say("expired"), say("on {expires}", expires=lot.facts.expires), None, source
        )
        if salvage is None:
            yield Step(section, say("measure"), say("no salvage value is stated"), ZERO)
        else:
            source = self._sources.locate(lot.facts.meta if own else lot.stock.facts.meta)
            yield times(section, say("measure, at salvage"), lot.units, salvage[0], source)

    def _list_item(self) -> Iterator[Step]:
        """The measure by what is known of the item; in parts, as contracts sell it."""
        case, section = self._case, self._section
        rule, parts = case.rule, case.measured.parts
        if rule.evidence.use is not None:
            yield from self._list_material(rule.evidence.use)
            return
        if not parts:
            yield from self._list_rule(rule, say("NRV"))
            return
        out_of = sum((part.units for part in parts), ZERO)
        shares = [part.total * part.units / out_of for part in parts]
        for part, share in zip(parts, shares, strict=True):
            at = rule if part.contract is None else rule.at(part.contract)
            label = say("at the market") if part.contract is None else say("at contract price")
            yield from self._list_rule(at, label)
            formula = f"{show(part.total)} × {show_share(part.units / out_of)}"
            yield Step(section, say("part"), formula, share)
        label = say("NRV") if rule.measure == "nrv" else say("measure")
        yield Step(section, label, " + ".join(map(show, shares)), case.measured.total)

    def _list_rule(self, rule: Rule, label: str) -> Iterator[Step]:
        """The measure at p, or at the price of a contract."""
        case, section, measure = self._case, self._section, rule.measure
        source = self._find_term(say("measure"), "invwd-measure")
        replacement = rule.evidence.replacement
        if measure == "cost":
            yield Step(section, say("measure"), say("cost itself"), case.lot.cost, source)
            return
        if rule.needs_nrv:
            yield from self._list_sale(rule, label)
        if replacement is not None and measure != "nrv":
            label = say("replacement cost")
            yield times(section, label, case.lot.units, replacement.number, source)
        elif measure != "nrv":
            yield Step(section, say("replacement cost"), say("none is known: NRV counts"))
        total = rule.value(case.lot).total
        if measure in _WORDS and total is not None:
            if measure == "lcm":
                yield from self._list_margin(rule)
            yield Step(section, say("measure"), translate(_WORDS[measure]), total, source)

    def _list_margin(self, rule: Rule) -> Iterator[Step]:
        margin = rule.find_margin(self._case.lot)
        if margin is not None:
            source = self._find_term("normal_margin", "invwd-normal-margin")
            yield Step(self._section, say("normal margin"), _show(margin), margin.amount, source)

    def _list_sale(self, rule: Rule, label: str) -> Iterator[Step]:
        """Sales value less what it takes to complete and sell, at least 0, or the stated value."""
        section, lot, price = self._section, self._case.lot, rule.evidence.price
        sale = rule.sell(lot)
        if sale is None:
            yield Step(section, label, say("no price: not assessed"))
            return
        if sale.is_stated:
            yield times(section, label, lot.units, sale.price)
            return
        text, source = show(sale.price), ""
        if price is not None and rule.evidence.contract is None:
            text, source = self._show_market(price)
        gross = lot.units * sale.price
        yield Step(section, say("sales value"), f"{show(lot.units)} × {text}", gross, source)
        costs = rule.list_costs(lot, sale.price)
        for cost in costs:
            words, key = _CHARGES[cost.name]
            where = self._find_term(cost.name, key)
            yield Step(section, translate(words), _show(cost), cost.amount, where)
        formula = " − ".join(show(amount) for amount in (gross, *(row.amount for row in costs)))
        is_negative = sum([row.amount for row in costs], ZERO) > gross
        yield Step(
            section,
            label,
            say("{formula} is below 0", formula=formula) if is_negative else formula,
            sale.net,
        )

    def _list_material(self, use: Use) -> Iterator[Step]:
        """What products leave for a raw material, or what it costs to buy again (IAS 2.32)."""
        case, section = self._case, self._section
        lot, measured, locate = case.lot, case.measured, self._sources.locate
        source = locate(lot.stock.facts.meta)
        completion = use.find_completion(lot.facts)
        if completion is None:
            if use.is_recovered:
                yield Step(section, say("measure"), say("cost itself"), lot.cost, source)
            elif measured.total is not None and not measured.is_apart:
                number = measured.total / lot.units
                yield times(section, say("replacement cost"), lot.units, number, source)
            return
        if use.statement is not None and use.statement.number is not None:
            yield tell_statement(section, use.statement, self._sources)
            yield times(section, say("measure"), lot.units, use.statement.number)
            return
        for row in use.products:
            if row.nrv is not None:
                gross = lot.units * row.nrv * row.units
                formula = f"{show(lot.units)} × {show(row.nrv)} × {show(row.units)}"
                yield Step(section, say("part of {item}", item=row.item), formula, gross)
                cost = charge("completion_cost", completion, lot, row.nrv * row.units)
                where = self._find_term("completion_cost", "invwd-completion-cost")
                yield Step(section, say("cost to complete"), _show(cost), cost.amount, where)
        if measured.total is not None and not measured.is_apart:
            yield Step(section, say("measure"), say("the least that is left"), measured.total)

    def _show_market(self, price: Price) -> tuple[str, str]:
        """The price without the tax in it, and where that is stated."""
        tax = self._case.rule.terms.price_includes
        if not tax:
            return show_price(price), ""
        source = self._find_term("price_includes", "invwd-price-includes")
        return f"{show_price(price)} ÷ {show_share(ONE + tax)}", source

    def _list_rates(self) -> Iterator[Step]:
        """What ageing, idleness and coverage leave of cost, if that is lower."""
        case, section = self._case, self._section
        if case.measured.total is None:
            return
        share, _ = find_rate(case.rule.terms.ageing, case.lot.aged_from, case.day)
        known = (Rate(share, "ageing", None), *case.rule.evidence.rates)
        rates = [rate for rate in known if rate.share]
        for rate in rates:
            source = self._sources.locate_plugin()
            words = say("{reason}, at most", reason=translate(rate.reason))
            if rate.reason == "ageing":
                source = self._find_term("ageing", "invwd-ageing")
                words = say("{days} days old, at most", days=(case.day - case.lot.aged_from).days)
            formula = f"{show(case.lot.cost)} × (1 − {show_share(rate.share)})"
            yield Step(section, words, formula, lower_cost(case.lot.cost, rate), source)
        if rates:
            yield Step(section, say("measure"), say("the lowest of these"), case.measured.total)


class _Places:
    """Knows where the parameters of a lot are stated.

    Args:
        case: The lot.
        sources: Names files and lines.
        find_open: Gives the Open directive of an account.
        estimates: Those that changed, in the order of their dates.
    """

    def __init__(
        self,
        case: Case,
        sources: Sources,
        find_open: Callable[[str], Any],
        estimates: Sequence[Estimate],
    ) -> None:
        self._lot = case.lot
        self._sources = sources
        self._find_open = find_open
        self._estimates = [row for row in estimates if row.date <= case.day]

    def find(self, name: str, key: str) -> str:
        """Where a parameter is stated: lot, item, account, else the plugin line."""
        lot, locate = self._lot, self._sources.locate
        places = (lot.place.commodity, lot.account, "")
        changed = [self._find_estimate(name, place) for place in places]
        entry = self._find_open(lot.account)
        if name in lot.facts.overrides:
            return locate(lot.facts.meta)
        if changed[0] is not None:
            return locate(changed[0])
        if name in lot.stock.facts.overrides:
            return locate(lot.stock.facts.meta)
        if changed[1] is not None:
            return locate(changed[1])
        if entry is not None and key in entry.meta:
            return locate(entry.meta)
        return self._sources.locate_plugin() if changed[2] is None else locate(changed[2])

    def _find_estimate(self, name: str, place: str) -> Mapping[str, Any] | None:
        """Where the estimate in force stands that an `invwd-policy` states for a place."""
        found = [row for row in self._estimates if (row.key, row.place) == (name, place)]
        return found[-1].entry.meta if found else None


def _show(charged: Charged) -> str:
    """A cost to complete or sell, or a margin, as a formula."""
    charge = charged.charge
    number = show(charge.number) if charge.of == "unit" else show_share(charge.number)
    return f"{show(charged.base)} × {number}"
