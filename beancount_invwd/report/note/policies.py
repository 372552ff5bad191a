"""A policy → the sentences of the note that say how inventories are measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_invwd.ground.words import say, translate
from beancount_invwd.policy import standards
from beancount_invwd.policy.words import BASES, MEASURES, REVERSALS
from beancount_invwd.report.note.blocks import Block, paragraph, remark, tell_check
from beancount_invwd.report.note.largest import list_names
from beancount_invwd.report.note.requirements import FORMULAS, NOT_ALLOWED
from beancount_invwd.report.output.numbers import show_share

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from beancount_invwd.lots.stock import Lot
    from beancount_invwd.policy.policy import Policy
    from beancount_invwd.policy.values import Schedule


def tell_policies(policy: Policy, lots: Iterable[Lot]) -> Iterator[Block]:
    """Tell how inventories are measured, and what of it the author has to look at.

    Args:
        policy: The policy.
        lots: The lots on hand, some of which may have parameters of their own.
    """
    standard = standards.STANDARDS[policy.standard]
    others = [
        say("{name} {given!r} in place of {usual!r}", name=name, given=given, usual=usual)
        for name in ("measure", "basis", "reversals")
        if (given := getattr(policy, name)) != (usual := getattr(standard, name))
    ]
    source = "" if others else f" ({standard.source})"
    yield paragraph(
        say(
            "Inventories are stated at the lower of cost and {measure}, tested {basis}{source}. "
            "{reversals}",
            measure=translate(MEASURES[policy.measure].in_sentence),
            basis=translate(BASES[policy.basis].in_sentence),
            source=source,
            reversals=translate(REVERSALS[policy.reversals].in_sentence),
        )
    )
    if others:
        yield remark(
            say(
                "{source} may not allow {settings}",
                source=standard.source,
                settings=", ".join(others),
            )
        )
    yield from map(paragraph, _tell_reserves(policy))
    yield from map(paragraph, _tell_own_terms(policy, lots))


def tell_formulas(standard: str, bookings: Mapping[str, str]) -> Iterator[Block]:
    """Tell the cost formulas.

    Args:
        standard: The standard, which may not allow all of them.
        bookings: Beancount's booking method by account.
    """
    accounts: dict[str, list[str]] = {}
    for account, booking in sorted(bookings.items()):
        accounts.setdefault(booking, []).append(account)
    for booking, names in sorted(accounts.items()):
        words = translate(FORMULAS.get(booking, booking))
        why = NOT_ALLOWED.get(standard, {}).get(booking)
        doubt = tell_check(translate(why)) if why else ""
        yield paragraph(
            say("Cost formula: {words}, in {names}.", words=words, names=list_names(names)), doubt
        )


def _tell_reserves(policy: Policy) -> Iterator[str]:
    """Tell what lowers values below the measure."""
    if policy.terms.ageing:
        yield say(
            "By age, cost is lowered by {rates} after purchase.",
            rates=_list_rates(policy.terms.ageing),
        )
    if policy.idle:
        yield say(
            "Without sale or use, cost is lowered by {rates}.", rates=_list_rates(policy.idle)
        )
    if policy.coverage is not None:
        rates = _list_rates(policy.coverage.rates)
        which = say("all units") if policy.coverage.is_by_item else say("the units beyond")
        yield (
            say(
                "By days of supply at the demand of {window} days, the cost of {which} is lowered "
                "by {rates}.",
                window=policy.coverage.window,
                which=which,
                rates=rates,
            )
        )


def _list_rates(rates: Schedule) -> str:
    return ", ".join(
        say("{rate} from {days} days on", rate=show_share(rate), days=days) for days, rate in rates
    )


def _tell_own_terms(policy: Policy, lots: Iterable[Lot]) -> Iterator[str]:
    """Tell which items are measured otherwise, on hand as they are."""
    measures: dict[str, set[str]] = {}
    aged: set[str] = set()
    for lot in lots:
        if lot.terms is None:
            continue
        if lot.terms.measure != policy.measure:
            words = translate(MEASURES[lot.terms.measure].in_sentence)
            measures.setdefault(words, set()).add(lot.place.commodity)
        if lot.terms.ageing != policy.terms.ageing:
            aged.add(lot.place.commodity)
    for measure, items in sorted(measures.items()):
        yield say(
            "In place of this, {measure} counts for {names}.",
            measure=measure,
            names=list_names(sorted(items)),
        )
    if aged:
        yield say("Rates by age of their own hold for {names}.", names=list_names(sorted(aged)))
