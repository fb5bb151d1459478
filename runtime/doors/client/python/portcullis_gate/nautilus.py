"""NautilusTrader: an execution algorithm that sends an order on to the RiskEngine once it has its permit.

    class Permitted(PortcullisAlgorithm, ExecAlgorithm):
        portcullis_gate = Gate(...)
"""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from typing import Any, Dict, Optional, Union

from .answers import Denied, Permit
from .ccxt.call import USD
from .decide import decide, report
from .gate import Gate

__all__ = ["PortcullisAlgorithm"]
_log = logging.getLogger("portcullis_gate")


class PortcullisAlgorithm:
    """Put it before ``ExecAlgorithm``. The loop of a live node never waits for a verdict; a backtest, which has none, asks in line.

    ``portcullis_gate``: the gate; ``portcullis_timeout``: seconds that an order waits for its verdict.
    """

    portcullis_gate: Gate
    portcullis_timeout = 0.5

    def on_order(self, order: Any) -> None:
        """Asks for an order, and submits it or cancels it locally when the verdict is there."""
        try:
            asked = self._portcullis_order(order)
        except Exception as error:
            _log.error("order %s: %s", order.client_order_id, error)
            if order.is_reduce_only:
                self.submit_order(order)  # type: ignore[attr-defined]
            else:
                self._portcullis_cancel(order)
            return
        ask = functools.partial(decide, self.portcullis_gate, timeout=self.portcullis_timeout, **asked)
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._portcullis_answered(order, ask())
            return
        task = loop.create_task(self._portcullis_ask(loop, order, ask))
        self._portcullis_state("tasks").setdefault(str(order.client_order_id), task)
        task.add_done_callback(lambda _: self._portcullis_state("tasks").pop(str(order.client_order_id), None))

    def on_order_list(self, order_list: Any) -> None:
        """A list is cancelled: its children must not be sent before their parent is filled, and an algorithm sends one by one."""
        _log.error("order list %s: expected orders one by one, got a list; nothing of it is sent", order_list.id)
        for order in order_list.orders:
            self._portcullis_cancel(order)

    def on_order_filled(self, event: Any) -> None:
        """Reports an order that is filled whole."""
        order = self.cache.order(event.client_order_id)  # type: ignore[attr-defined]
        if order is not None and order.is_closed:
            self._portcullis_ended(order)

    def on_order_canceled(self, event: Any) -> None:
        """Reports what was filled of an order that is over."""
        order = self.cache.order(event.client_order_id)  # type: ignore[attr-defined]
        if order is not None:
            self._portcullis_ended(order)

    on_order_expired = on_order_rejected = on_order_denied = on_order_canceled

    async def _portcullis_ask(self, loop: Any, order: Any, ask: Any) -> None:
        self._portcullis_answered(order, await loop.run_in_executor(None, ask))

    def _portcullis_answered(self, order: Any, answer: Union[Permit, Denied]) -> None:
        if not answer:
            _log.warning("order %s: no permit: %s (%s)", order.client_order_id, answer.words, answer.reason)
            self._portcullis_cancel(order)
            return
        less = answer.qty is not None and answer.qty < self._portcullis_qty(order) * (1 - 1e-9) and not order.is_reduce_only
        if order.is_closed or answer.expires_at <= time.time() or less:
            report(self.portcullis_gate, answer, "rejected", error="not sent")
            if not order.is_closed:
                _log.warning("order %s: the permit is over, or for less than the order", order.client_order_id)
                self._portcullis_cancel(order)
            return
        self._portcullis_state("permits")[str(order.client_order_id)] = answer
        self.submit_order(order)  # type: ignore[attr-defined]

    def _portcullis_order(self, order: Any) -> Dict[str, Any]:
        instrument = self.cache.instrument(order.instrument_id)  # type: ignore[attr-defined]
        if instrument is None:
            raise ValueError(f"expected an instrument in the cache, got none for {order.instrument_id}")
        quote = instrument.quote_currency.code
        base_currency = getattr(instrument, "base_currency", None) or getattr(instrument, "underlying", None)
        base = getattr(base_currency, "code", None)
        if base is None:
            raise ValueError(f"expected an instrument with a base currency, got {order.instrument_id}")
        asked: Dict[str, Any] = {"symbol": f"{base}{quote}", "side": "BUY" if order.is_buy else "SELL", "plan_id": str(order.client_order_id)}
        price = _price(order)
        if price is not None and quote in USD:
            asked["price"] = price
        in_quote = getattr(order, "is_quote_quantity", False) or getattr(instrument, "is_inverse", False)
        if not in_quote:
            return {**asked, "qty": self._portcullis_qty(order), "reduce_only": order.is_reduce_only}
        if not order.is_reduce_only:
            return {**asked, "notional_usd": self._portcullis_qty(order), "reduce_only": False}
        if price is None:
            raise ValueError("expected a price, to tell how much of the base asset an exit in the quote is")
        return {**asked, "qty": self._portcullis_qty(order) / price, "reduce_only": True}

    def _portcullis_qty(self, order: Any) -> float:
        instrument = self.cache.instrument(order.instrument_id)  # type: ignore[attr-defined]
        return float(order.quantity) * float(getattr(instrument, "multiplier", None) or 1)

    def _portcullis_cancel(self, order: Any) -> None:
        """Cancels an order that was never sent, as a strategy's own cancel of it does."""
        from nautilus_trader.core.uuid import UUID4  # Only a node of NautilusTrader comes here.
        from nautilus_trader.execution.messages import CancelOrder

        self.execute(CancelOrder(  # type: ignore[attr-defined]
            trader_id=order.trader_id, strategy_id=order.strategy_id, instrument_id=order.instrument_id,
            client_order_id=order.client_order_id, venue_order_id=None, command_id=UUID4(), ts_init=self.clock.timestamp_ns(),  # type: ignore[attr-defined]
        ))

    def _portcullis_ended(self, order: Any) -> None:
        permit: Optional[Permit] = self._portcullis_state("permits").pop(str(order.client_order_id), None)
        if permit is None:
            return
        filled, whole = float(order.filled_qty), float(order.quantity)
        if filled == 0:
            report(self.portcullis_gate, permit, "rejected", error=f"the order is {order.status}, nothing was filled")
            return
        told = {} if permit.notional_usd is not None and permit.qty is None else {"qty": self._portcullis_qty(order) * filled / whole}
        report(self.portcullis_gate, permit, "filled" if filled >= whole else "partly", **told)

    def _portcullis_state(self, name: str) -> Dict[str, Any]:
        return self.__dict__.setdefault(f"_portcullis_{name}", {})


def _price(order: Any) -> Optional[float]:
    for name in ("price", "trigger_price"):
        value = getattr(order, name, None)
        if value is not None and float(value) > 0:
            return float(value)
    return None
