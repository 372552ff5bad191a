"""A lot as it was measured → the directive that decided its value, for a reader to look up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from beancount_invwd.allowance.groups import Row
    from beancount_invwd.engine import Run
    from beancount_invwd.measure.measured import Use

POLICIES = {"ageing", "idle", "coverage"}
_OF_PURCHASE = {"expired", "nrv"}  # facts that the purchase states
_OF_REPLACEMENT = {"replacement", "floor"}


def find_evidence(run: Run, row: Row) -> Mapping[str, Any] | None:
    """Find file and line of what decided the measure of a lot; None if no directive did."""
    lot, measured = row
    if measured.price is not None:
        return _meta(measured.price.entry)
    if lot.terms is None or measured.lack or measured.reason in POLICIES:
        return None
    return next(_list_evidence(run, row), None)


def find_meta(txn: Any, posting: Any) -> Mapping[str, Any]:
    """Find file and line of a posting, or of its transaction."""
    meta: Mapping[str, Any] = posting.meta or {}
    return meta if meta.get("lineno") else _meta(txn)


def _list_evidence(run: Run, row: Row) -> Iterator[Mapping[str, Any]]:
    """List what may have decided, what comes first in the rule first."""
    lot, measured = row
    reason, stated = measured.reason, run.find_particular(lot)
    if stated is not None and reason == stated.reason:
        yield _meta(stated.entry)
    if reason in _OF_PURCHASE:
        yield find_meta(*lot.origin)
    for part in measured.parts:
        if part.contract is not None:
            yield _meta(part.contract.entry)
    evidence = run.find_rule(lot, lot.terms).evidence if lot.terms is not None else None
    if evidence is None:
        return
    if evidence.statement is not None and reason == evidence.statement.reason:
        yield _meta(evidence.statement.entry)
    if evidence.use is not None:
        yield from _list_use(evidence.use)
        if lot.stock.facts.meta is not None:
            yield lot.stock.facts.meta
    elif reason in _OF_REPLACEMENT and evidence.replacement is not None:
        yield _meta(evidence.replacement.entry)


def _list_use(use: Use) -> Iterator[Mapping[str, Any]]:
    """What says the value of a material: what it costs to buy, or the price of a product."""
    if use.replacement is not None:
        yield _meta(use.replacement.entry)
    for product in use.products:
        if product.price is not None:
            yield _meta(product.price.entry)


def _meta(entry: Any) -> Mapping[str, Any]:
    meta: Mapping[str, Any] = entry.meta
    return meta
