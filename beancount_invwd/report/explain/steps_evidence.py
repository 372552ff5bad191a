"""What is known of an item on a date → steps with the file and line of each directive."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.ground.money import ZERO
from beancount_invwd.ground.words import mark, say, translate
from beancount_invwd.report.explain.steps import Case, Step, show_price
from beancount_invwd.report.output.numbers import show, show_share

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_invwd.directives.statements import Statement
    from beancount_invwd.measure.measured import Use
    from beancount_invwd.measure.prices import Price
    from beancount_invwd.report.ledger.sources import Sources

SECTION = mark("Evidence")


def list_evidence(case: Case, sources: Sources) -> Iterator[Step]:
    """List price and rate, or a stated value, contracts, replacement cost, products, demand."""
    evidence = case.rule.evidence
    if evidence.price is not None:
        yield from _list_price(evidence.price, case.lot.stock.key.currency, sources)
    if evidence.statement is not None:
        yield tell_statement(translate(SECTION), evidence.statement, sources)
    out_of = sum((part.units for part in case.measured.parts), ZERO)
    for contract, units, _ in case.measured.parts:
        if contract is not None:
            text = say(
                "{units} at {number} {currency} until {until}: {share} of the units",
                units=show(contract.units),
                number=show(contract.number),
                currency=contract.currency,
                until=contract.until,
                share=show_share(units / out_of),
            )
            yield Step(
                translate(SECTION), say("contract"), text, None, sources.locate(contract.entry.meta)
            )
    if evidence.replacement is not None:
        found = evidence.replacement
        text = say("{number} a unit on {date}", number=show(found.number), date=found.date)
        yield Step(
            translate(SECTION),
            say("replacement cost"),
            text,
            None,
            sources.locate(found.entry.meta),
        )
    if evidence.use is not None:
        yield _tell_use(case, sources)
        yield from _list_products(evidence.use, sources)
    elif case.rule.terms.measure not in {"cost", "replacement"} and not (
        evidence.price or evidence.statement
    ):
        yield Step(translate(SECTION), say("price"), say("none that is not too old"))


def _list_price(price: Price, currency: str, sources: Sources) -> Iterator[Step]:
    rate = price.rate
    yield Step(
        translate(SECTION), say("price"), _tell_price(price), None, sources.locate(price.entry.meta)
    )
    if rate is not None:
        text = f"1 {rate.currency} = {show(rate.amount.number)} {rate.amount.currency}"
        source = sources.locate(rate.meta)
        yield Step(
            translate(SECTION),
            say("closing rate"),
            say("{text} on {date}", text=text, date=rate.date),
            None,
            source,
        )
        yield Step(
            translate(SECTION),
            say("price in {currency}", currency=currency),
            show_price(price),
            price.number,
        )


def _tell_price(price: Price) -> str:
    amount = price.entry.amount
    return say(
        "{number} {currency} on {date}",
        number=show(amount.number),
        currency=amount.currency,
        date=price.date,
    )


def tell_statement(section: str, statement: Statement, sources: Sources) -> Step:
    """Tell of an `invwd-nrv` that states an amount."""
    assert statement.number is not None  # noqa: S101 (for the type checker; it is in force)
    text = say(
        "{number} {currency} a unit on {date}",
        number=show(statement.number),
        currency=statement.currency,
        date=statement.date,
    )
    source = sources.locate(statement.entry.meta)
    return Step(
        section, say("stated value"), f"{text}: {translate(statement.reason)}", None, source
    )


def _tell_use(case: Case, sources: Sources) -> Step:
    """Tell whether the products of a raw material recover their cost (IAS 2.32)."""
    facts, use = case.lot.stock.facts, case.rule.evidence.use
    assert use is not None  # noqa: S101 (for the type checker; the caller made sure)
    products = ", ".join(facts.used_in)
    completion = use.find_completion(case.lot.facts)
    text = say(
        "{products}: not all recover their cost, so replacement cost counts", products=products
    )
    if completion is not None:
        text = say("{products}: what is left of them after completion counts", products=products)
    elif use.is_recovered:
        text = say("{products}: all recover their cost", products=products)
    elif use.is_recovered is None:
        text = say(
            "{products}: it cannot be told whether {lack} recovers its cost",
            products=products,
            lack=use.lack,
        )
    return Step(translate(SECTION), say("used in"), text, None, sources.locate(facts.meta))


def _list_products(use: Use, sources: Sources) -> Iterator[Step]:
    """List what the products of a raw material are worth, and cost."""
    for row in use.products:
        if row.nrv is None:
            continue
        cost = say("not known") if row.cost is None else show(row.cost)
        text = say(
            "{item}: NRV of a unit {nrv}, cost {cost}", item=row.item, nrv=show(row.nrv), cost=cost
        )
        source = ""
        if row.price is not None:
            text += say(", price {price}", price=_tell_price(row.price))
            source = sources.locate(row.price.entry.meta)
        yield Step(translate(SECTION), say("product"), text, None, source)
