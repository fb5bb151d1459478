"""Jesse: a filter that asks for a permit after all others have passed.

    class Trend(PortcullisMixin, Strategy):
        ...

The environment says where the gate is: PORTCULLIS_URL and PORTCULLIS_TOKEN. Without a token nothing is asked in a backtest.
"""

from __future__ import annotations

import functools
import logging
import os
import uuid
from typing import Any, Callable, List, Optional

from .answers import Permit
from .ccxt.call import USD
from .decide import decide, report
from .gate import Gate

__all__ = ["PortcullisMixin"]
_log = logging.getLogger("portcullis_gate")


class PortcullisMixin:
    """Put it before ``Strategy``. ``portcullis_timeout``: seconds that an entry waits for its verdict."""

    portcullis_timeout = 0.5

    def portcullis_gate(self) -> Optional[Gate]:
        """The gate; ``None`` where nothing is asked, which is where ``is_live`` is false. Override it for another."""
        if not getattr(self, "is_live", True):
            return None
        return Gate(os.environ.get("PORTCULLIS_URL", "http://127.0.0.1:8040"), token=os.environ["PORTCULLIS_TOKEN"])

    def __init_subclass__(cls, **options: Any) -> None:
        """Wraps what a strategy overrides, so that it keeps its gate."""
        super().__init_subclass__(**options)
        for name, wrapped in _HOOKS.items():
            own = cls.__dict__.get(name)
            if own is None and getattr(getattr(cls, name, None), "_portcullis", False):
                continue
            own = own or getattr(cls, name, None)
            if own is not None:
                setattr(cls, name, _method(wrapped, own))

    def _portcullis(self) -> Optional[Gate]:
        if "_portcullis_kept" not in self.__dict__:
            self.__dict__["_portcullis_kept"] = self.portcullis_gate()
        return self.__dict__["_portcullis_kept"]

    def portcullis_permits(self) -> bool:
        """The filter: whether the entry that was prepared may be placed."""
        orders = self.buy if self.buy is not None else self.sell  # type: ignore[attr-defined]
        return self._portcullis_ask("BUY" if self.buy is not None else "SELL", orders)  # type: ignore[attr-defined]

    def _portcullis_ask(self, side: str, orders: Any) -> bool:
        try:
            gate = self._portcullis()
            if gate is None:
                return True
            points = [orders] if _is_point(orders) else list(orders)
            qty = sum(abs(float(point[0])) for point in points)
            base, quote = str(self.symbol).split("-")[:2]  # type: ignore[attr-defined]
            order = {"qty": qty, "timeout": self.portcullis_timeout}
            if quote in USD:
                order["price"] = sum(abs(float(point[0])) * float(point[1]) for point in points) / qty
            answer = decide(gate, f"{base}{quote}", side, uuid.uuid4().hex, **order)
        except Exception:
            _log.exception("an entry could not be asked for, and is not placed")
            return False
        if not answer:
            _log.warning("%s: no permit: %s (%s)", self.symbol, answer.words, answer.reason)  # type: ignore[attr-defined]
            return False
        if answer.qty is not None and answer.qty < qty * (1 - 1e-9):
            report(gate, answer, "rejected", error="permitted for less")
            return False
        self.__dict__["_portcullis_permit"] = answer
        return True


def _filters(self: Any, own: Callable[..., List[Any]]) -> List[Any]:
    """The gate comes last: nothing is asked for that another filter refuses."""
    others = [one for one in own(self) if getattr(one, "__name__", "") != "portcullis_permits"]
    return [*others, self.portcullis_permits]


def _update_position(self: Any, own: Callable[..., None]) -> None:
    """An entry that is changed while a position is open passes no filter: it is asked for here, or stays as it was."""
    if self.__dict__.get("_portcullis_updating"):
        own(self)
        return
    name = "buy" if self.is_long else "sell"
    before = getattr(self, name)
    kept = None if before is None else before.copy() if hasattr(before, "copy") else before
    self.__dict__["_portcullis_updating"] = True
    try:
        own(self)
    finally:
        self.__dict__["_portcullis_updating"] = False
    now = getattr(self, name)
    if now is None or _points(now) == _points(kept):
        return
    if not self._portcullis_ask(name.upper(), now):
        setattr(self, name, kept)


def _filled(self: Any, own: Callable[..., None], order: Any) -> None:
    permit: Optional[Permit] = self.__dict__.pop("_portcullis_permit", None)
    gate = self._portcullis() if permit is not None else None
    if permit is not None and gate is not None:
        told = {"qty": abs(float(order.qty))}
        if str(self.symbol).split("-")[1] in USD and order.price:
            told["price"] = float(order.price)
        whole = permit.qty is None or told["qty"] >= permit.qty * (1 - 1e-9)
        report(gate, permit, "filled" if whole else "partly", **told)
    own(self, order)


def _method(wrapped: Callable[..., Any], own: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(own)
    def method(self: Any, *args: Any) -> Any:
        return wrapped(self, own, *args)

    method._portcullis = True  # type: ignore[attr-defined]
    return method


def _is_point(orders: Any) -> bool:
    return len(orders) == 2 and not hasattr(orders[0], "__len__")


def _points(orders: Any) -> List[Any]:
    if orders is None:
        return []
    return [[float(figure) for figure in point] for point in ([orders] if _is_point(orders) else orders)]


_HOOKS = {
    "filters": _filters,
    "update_position": _update_position,
    "on_open_position": _filled,
    "on_increased_position": _filled,
}
