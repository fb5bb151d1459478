"""What happens before and after an order, step by step, for a program that waits as for one of asyncio.

A step asks whoever runs it for one call: of the exchange (``EXCHANGE``) or of the gate (``GATE``), and is sent the answer.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Generator, Mapping, Optional, Tuple, Union

from ..answers import Denied, Permit
from ..errors import BadRequest, GateError
from .call import Call, Size, size_of
from .told import told_of

EXCHANGE, GATE = "exchange", "gate"
Steps = Generator[Tuple[Any, ...], Any, Any]
_log = logging.getLogger("portcullis_gate")
_KEPT = 10_000
# Errors of ccxt, by name, which prove that no order was placed, and those below them that prove nothing.
_NOT_PLACED = frozenset(
    ("InsufficientFunds", "InvalidOrder", "BadSymbol", "ArgumentsRequired", "AuthenticationError", "NotSupported", "OperationRejected")
)
_MAYBE_PLACED = frozenset(("DuplicateOrderId", "OrderNotFound", "OrderNotCached", "NoChange"))


class Refused(GateError):
    """No permit, so no order was sent. ``denied`` says why."""

    def __init__(self, denied: Denied) -> None:
        super().__init__(f"{denied.words} ({denied.reason})")
        self.denied = denied


@dataclass
class Options:
    """How an exchange is gated; ``timeout`` in seconds."""

    symbol: Callable[[Mapping[str, Any]], str]
    client_order_id: Callable[[str], str]
    timeout: float
    look: bool
    edits_are_new: bool


@dataclass
class Asked:
    """An order with its permit, on its way to the exchange."""

    call: Call
    market: Mapping[str, Any]
    size: Size
    permit: Permit


@dataclass
class Flow:
    """The gated exchange: ``exchange`` is ccxt's, ``gate`` a ``Gate``."""

    exchange: Any
    gate: Any
    options: Options
    _open: "OrderedDict[str, Asked]" = field(default_factory=OrderedDict)

    def ask(self, call: Call, edit: bool = False) -> Steps:
        """An ``Asked``, its call made as the permit says; raises ``Refused``, and ``BadRequest`` for what cannot be asked."""
        market = yield from self.market(call.get("symbol"))
        spot = bool(market.get("spot"))
        if spot and call.reduce_only:
            raise BadRequest(f"reduceOnly: expected none on the spot market {market['symbol']}, which has no such orders")
        by_exchange = not edit and not spot and call.closes_by_exchange
        before = yield from self._before(call, market, edit)
        closing = by_exchange or call.reduce_only or before.get("reduceOnly") is True
        if not closing and not edit and not spot:
            closing = call.closes_by_kind
        if not closing and (spot or not edit):
            closing = yield from self._closes(call, market, float(before.get("remaining") or 0))
        last = None if call.own_price is not None else (yield from self._last(market["symbol"]))
        size = size_of(call, market, last, closing)
        plan_id = (None if edit else call.client_id) or uuid.uuid4().hex
        answer = yield from self._permit(market, call.side, size, closing, plan_id)
        self._apply(call, market, size, answer, edit, by_exchange)
        return Asked(call, market, size, answer)

    def after(self, asked: Asked, order: Any) -> Steps:
        """Reports what the exchange's answer says, or waits for one that says it."""
        order_id = order.get("id") if isinstance(order, dict) else None
        if order_id is not None:
            _keep(self._open, str(order_id), asked)
            if order.get("status") is None:
                order = (yield from self._try("fetch_order", order_id, asked.market["symbol"])) or order
        yield from self.learn(order)

    def learn(self, orders: Any) -> Steps:
        """Reports what became of orders that were placed here, from any answer that tells of them."""
        for order in orders if isinstance(orders, list) else [orders]:
            asked = self._open.get(str(order.get("id"))) if isinstance(order, dict) else None
            told = None if asked is None else told_of(order, asked.market)
            if asked is not None and told is not None:
                self._open.pop(str(order.get("id")), None)
                yield from self.report(asked, **told)

    def failed(self, asked: Asked, error: BaseException) -> Steps:
        """Frees the room only where the error proves that no order was placed."""
        names = {kind.__name__ for kind in type(error).__mro__}
        if isinstance(error, asked.permit._not_placed) or (names & _NOT_PLACED and not names & _MAYBE_PLACED):
            yield from self.report(asked, outcome="rejected", error=str(error)[:1000] or type(error).__name__)

    def give_back(self, asked: Asked) -> Steps:
        """Frees the room of an order that was not sent."""
        yield from self.report(asked, outcome="rejected", error="not sent")

    def report(self, asked: Asked, **told: Any) -> Steps:
        """A report that fails ends no order: it is in the log."""
        try:
            yield (GATE, self.gate.result, (asked.permit,), told)
        except Exception as trouble:
            _log.error("plan %s: expected to report %s, got %s", asked.permit.plan_id, told.get("outcome"), trouble)

    def market(self, symbol: Any) -> Steps:
        """The market of a unified symbol; markets are read first where they were not."""
        if not getattr(self.exchange, "markets", None):
            yield (EXCHANGE, self.exchange.load_markets, (), {})
        return self.exchange.market(symbol)

    def positions(self, symbol: Optional[str]) -> Steps:
        """The positions that stand, or ``None`` where they cannot be read."""
        found = yield from self._try("fetch_positions", *([[symbol]] if symbol else []))
        return None if found is None else [one for one in found if one.get("contracts")]

    def _permit(self, market: Mapping[str, Any], side: str, size: Size, closing: bool, plan_id: str) -> Steps:
        order: Dict[str, Any] = {"reduce_only": closing, "plan_id": plan_id, "timeout": self.options.timeout}
        given = {"qty": size.qty, "notional_usd": size.notional_usd, "price": size.price}
        order.update({name: value for name, value in given.items() if value is not None})
        answer: Union[Permit, Denied] = yield (GATE, self.gate.permit, (self.options.symbol(market), side.upper()), order)
        if not answer:
            raise Refused(answer)
        if answer.expires_at <= time.time():
            raise Refused(Denied(plan_id, "permit_expired", "the permit had ended before the order was sent"))
        return answer

    def _apply(self, call: Call, market: Mapping[str, Any], size: Size, permit: Permit, edit: bool, by_exchange: bool) -> None:
        share = size.share(permit.qty, permit.notional_usd)
        name = next((one for one in ("amount", "cost") if call.values.get(one)), "cost")
        sent = call.values if call.values.get(name) else call.params
        if share < 1 and sent.get(name):
            less = float(sent[name]) * share
            in_base = name == "amount" and call.amount is not None
            sent[name] = float(self.exchange.amount_to_precision(market["symbol"], less)) if in_base else less
            if sent[name] <= 0:
                raise BadRequest(f"{name}: expected one that {market['symbol']} takes, got {less}, the part that was permitted")
        call.params.pop("reduce_only", None)
        if not edit or self.options.edits_are_new:
            call.params.pop("reduceOnly", None)
            if permit.reduce_only and not market.get("spot") and not by_exchange:
                call.params["reduceOnly"] = True
        if not edit and call.client_id is None:
            call.params["clientOrderId"] = self.options.client_order_id(permit.plan_id)

    def _before(self, call: Call, market: Mapping[str, Any], edit: bool) -> Steps:
        """The order that is edited, as the exchange has it; and the amount of a call that leaves it to the exchange."""
        before: Mapping[str, Any] = {}
        if edit and call.get("id"):
            before = (yield from self._try("fetch_order", call.get("id"), market["symbol"])) or {}
        if not call.get("amount") and call.closes_all:
            held = (yield from self.positions(market["symbol"])) or []
            call.known["amount"] = max((abs(float(one["contracts"])) for one in held), default=None)
        elif call.get("amount") is None and before.get("amount"):
            call.known["amount"] = before["amount"]
        if self._amount_is_cost(call, market):
            call.known.update(cost=call.values["amount"], amount=0)
        return before

    def _amount_is_cost(self, call: Call, market: Mapping[str, Any]) -> bool:
        """Where ccxt is told to, a market buy on a spot market says in ``amount`` what it may cost."""
        name = "createMarketBuyOrderRequiresPrice"
        options = getattr(self.exchange, "options", None) or {}
        told = (call.params.get(name), options.get(name), (options.get("createOrder") or {}).get(name))
        is_buy = bool(market.get("spot")) and call.get("type") == "market" and call.side == "buy"
        return is_buy and any(value is False for value in told) and call.values.get("amount") is not None

    def _closes(self, call: Call, market: Mapping[str, Any], locked: float) -> Steps:
        """Whether an order that does not say so only closes: what cannot be read is no proof of it."""
        amount = call.amount
        if not self.options.look or amount is None:
            return False
        if market.get("spot"):
            if call.side != "sell" or call.params.get("marginMode") or call.params.get("margin"):
                return False
            balance = yield from self._try("fetch_balance")
            return amount <= float(((balance or {}).get(market["base"]) or {}).get("free") or 0) + locked
        held = (yield from self.positions(market["symbol"])) or []
        held = [one for one in held if one.get("symbol") == market["symbol"]]
        wanted = "long" if call.side == "sell" else "short"
        one_way = len(held) == 1 and not held[0].get("hedged") and not call.params.get("hedged")
        return one_way and held[0].get("side") == wanted and amount <= abs(float(held[0]["contracts"]))

    def _last(self, symbol: str) -> Steps:
        ticker = yield from self._try("fetch_ticker", symbol)
        last = (ticker or {}).get("last") or (ticker or {}).get("close")
        return float(last) if last else None

    def _try(self, name: str, *args: Any) -> Steps:
        """A look at the exchange: ``None`` where it cannot be had."""
        method = getattr(self.exchange, name, None)
        if method is None:
            return None
        try:
            return (yield (EXCHANGE, method, args, {}))
        except Exception as error:
            _log.info("%s: %s", name, error)
            return None


def _keep(kept: "OrderedDict[str, Any]", name: str, value: Any) -> None:
    kept[name] = value
    while len(kept) > _KEPT:
        kept.popitem(last=False)
