"""A lot and its evidence → the steps of its measure.

    sales value   40 × 25.00 × 1.04       = 1,040.00
    cost to sell  40 × 3.00               =   120.00      example.beancount:50
    NRV           1040.00 − 120.00        =   920.00

The engine decides; here its arithmetic is only spelled out. Tests hold the results against the
engine's.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_invwd.ground.money import ONE, ZERO
from beancount_invwd.lots.demand import Rate, lower_cost
from beancount_invwd.measure.measured import find_gross
from beancount_invwd.policy.values import find_rate
from beancount_invwd.report.explain.steps import Case, Step, show_price, times
from beancount_invwd.report.explain.steps_evidence import tell_statement
from beancount_invwd.report.output.numbers import show, show_share

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from beancount_invwd.policy.values import Charge
    from beancount_invwd.report.ledger.sources import Sources

_CHARGES = (
    ("completion_cost", "cost to complete", "invwd-completion-cost"),
    ("selling_cost", "cost to sell", "invwd-selling-cost"),
)
_WORDS = {
    "lower": "the smaller of NRV and replacement cost",
    "lcm": "the middle one of replacement cost, NRV, and NRV less normal margin (at least 0)",
}


class MeasureSteps:
    """Spells the measure of a lot out.

    Args:
        case: The lot.
        section: What the steps belong to.
        sources: Names files and lines.
        find_open: Gives the Open directive of an account, which may state terms.
    """

    def __init__(
        self, case: Case, section: str, sources: Sources, find_open: Callable[[str], Any]
    ) -> None:
        self._case = case
        self._section = section
        self._sources = sources
        self._find_open = find_open

    def list_all(self) -> Iterator[Step]:
        """From units to the value that cost is tested against."""
        case = self._case
        facts, lot, particular = case.lot.facts, case.lot, case.particular
        if facts.expires is not None and facts.expires <= case.day:
            yield from self._list_expired()
        elif particular is not None and particular.number is not None:
            yield tell_statement(self._section, particular, self._sources)
            yield times(self._section, "measure", lot.units, particular.number)
        elif facts.nrv is not None:
            source = self._sources.locate(facts.meta)
            yield times(self._section, "value known at purchase", lot.units, facts.nrv[0], source)
        else:
            yield from self._list_item()
        yield from self._list_rates()

    def _list_expired(self) -> Iterator[Step]:
        lot, section = self._case.lot, self._section
        own = lot.facts.salvage
        salvage = own or lot.stock.facts.salvage
        source = self._sources.locate(lot.facts.meta)
        yield Step(section, "expired", f"on {lot.facts.expires}", None, source)
        if salvage is None:
            yield Step(section, "measure", "no salvage value is stated", ZERO)
        else:
            meta = lot.facts.meta if own else lot.stock.facts.meta
            source = self._sources.locate(meta)
            yield times(section, "measure, at salvage", lot.units, salvage[0], source)

    def _list_item(self) -> Iterator[Step]:
        """The measure by what is known of the item."""
        case, section = self._case, self._section
        measure, source = case.terms.measure, self._find_term("measure", "invwd-measure")
        replacement, use = case.evidence.replacement, case.evidence.use
        if use is not None:
            source = self._sources.locate(case.lot.stock.facts.meta)
            measure = "cost" if use.is_recovered else "replacement"
            if use.lack:
                return
        if measure == "cost":
            yield Step(section, "measure", "cost itself", case.lot.cost, source)
            return
        if measure != "replacement" or replacement is None:
            yield from self._list_nrv()
        if replacement is not None and measure != "nrv":
            label = "replacement cost"
            yield times(section, label, case.lot.units, replacement.number, source)
        elif measure != "nrv":
            yield Step(section, "replacement cost", "none is known: NRV counts")
        if measure in _WORDS and case.measured.total is not None:
            yield from self._list_margin(measure)
            total = self._find_item_total()
            yield Step(section, "measure", _WORDS[measure], total, source)

    def _list_margin(self, measure: str) -> Iterator[Step]:
        margin = self._case.terms.normal_margin
        if measure == "lcm" and margin is not None:
            gross = find_gross(self._case.lot, self._case.evidence)
            formula, amount = self._show_charge(margin, gross)
            source = self._find_term("normal_margin", "invwd-normal-margin")
            yield Step(self._section, "normal margin", formula, amount, source)

    def _list_nrv(self) -> Iterator[Step]:
        """Up to their quantity at the price of contracts, else at the market (IAS 2.31)."""
        contracts, section = self._case.evidence.contracts, self._section
        if not contracts:
            yield from self._list_market("NRV")
            return
        units = self._case.lot.units
        parts, rest = [], ONE
        for contract, share in contracts:
            formula = f"{show(units)} × {show(contract.number)}"
            net = yield from self._list_net("at contract price", formula, contract.number)
            part = share * net
            rest -= share
            yield Step(section, "part", f"{show(net)} × {show_share(share)}", part)
            parts.append(part)
        if rest > 0:
            market = yield from self._list_market("at the market")
            if market is None:
                return
            parts.append(rest * market)
            yield Step(section, "part", f"{show(market)} × {show_share(rest)}", parts[-1])
        yield Step(section, "NRV", " + ".join(show(part) for part in parts), sum(parts, ZERO))

    def _list_market(self, label: str) -> Generator[Step, None, Decimal | None]:
        """The stated value, or sales value less what it takes to complete and sell."""
        units, evidence = self._case.lot.units, self._case.evidence
        if evidence.statement is not None and evidence.statement.number is not None:
            step = times(self._section, label, units, evidence.statement.number)
            yield step
            return step.result
        price = evidence.price
        if price is None:
            yield Step(self._section, label, "no price: not assessed")
            return None
        formula = f"{show(units)} × {show_price(price)}"
        return (yield from self._list_net(label, formula, price.number))

    def _list_net(
        self, label: str, formula: str, number: Decimal
    ) -> Generator[Step, None, Decimal]:
        """Sales value less costs, at least 0."""
        section, gross = self._section, self._case.lot.units * number
        yield Step(section, "sales value", formula, gross)
        net, parts = gross, [show(gross)]
        for name, words, key in _CHARGES:
            charge: Charge = getattr(self._case.terms, name)
            if charge.number:
                formula, amount = self._show_charge(charge, gross)
                yield Step(section, words, formula, amount, self._find_term(name, key))
                parts.append(show(amount))
                net -= amount
        formula = " − ".join(parts)
        if net < 0:
            formula, net = f"{formula} is below 0", ZERO
        yield Step(section, label, formula, net)
        return net

    def _list_rates(self) -> Iterator[Step]:
        """What ageing, idleness and coverage leave of cost, if that is lower."""
        case, section = self._case, self._section
        if case.measured.total is None:
            return
        share, _ = find_rate(case.terms.ageing, case.lot.aged_from, case.day)
        rates = (Rate(share, "ageing", None), *case.evidence.rates)
        rates = tuple(rate for rate in rates if rate.share)
        for rate in rates:
            source = self._sources.locate_plugin()
            words = f"{rate.reason}, at most"
            if rate.reason == "ageing":
                source = self._find_term("ageing", "invwd-ageing")
                words = f"{(case.day - case.lot.aged_from).days} days old, at most"
            formula = f"{show(case.lot.cost)} × (1 − {show_share(rate.share)})"
            yield Step(section, words, formula, lower_cost(case.lot.cost, rate), source)
        if rates:
            yield Step(section, "measure", "the lowest of these", case.measured.total)

    def _show_charge(self, charge: Charge, gross: Decimal) -> tuple[str, Decimal]:
        """A cost to complete or sell, or a margin: formula and amount."""
        lot = self._case.lot
        if charge.of == "unit":
            return f"{show(lot.units)} × {show(charge.number)}", lot.units * charge.number
        base = lot.cost if charge.of == "cost" else gross
        return f"{show(base)} × {show_share(charge.number)}", base * charge.number

    def _find_item_total(self) -> Decimal | None:
        """The measure before rates, as the engine found it; None if a rate lowered it."""
        measured = self._case.measured
        is_lowered = measured.reason in {"ageing", "idle", "coverage"}
        return None if is_lowered else measured.total

    def _find_term(self, name: str, key: str) -> str:
        """Where a parameter is stated: lot, item, account, else the plugin line."""
        lot = self._case.lot
        for facts in (lot.facts, lot.stock.facts):
            if name in facts.overrides:
                return self._sources.locate(facts.meta)
        entry = self._find_open(lot.account)
        if entry is not None and key in entry.meta:
            return self._sources.locate(entry.meta)
        return self._sources.locate_plugin()
