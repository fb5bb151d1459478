"""What a call of a placing method says, in one form whatever the method."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

from ..errors import BadRequest
from .methods import Placing

# The spellings of a client order id that exchanges have and ccxt passes on.
_CLIENT_IDS = ("clientOrderId", "newClientOrderId", "orderLinkId", "clOrdId", "clientOid", "cl_ord_id", "cliOrdId", "client_id")
# Parameters that would replace what a method's own arguments say: ccxt lets them.
_OVERRIDES = frozenset(
    "amount quantity qty size sz vol volume quoteOrderQty quoteQty quoteSize funds symbol side instId pair product_id".split()
)
_TRIGGERS = ("stopLossPrice", "takeProfitPrice", "triggerPrice", "stopPrice")
USD = frozenset(("USD", "USDT", "USDC", "BUSD", "FDUSD", "TUSD", "DAI", "USDD", "PYUSD", "USDE"))


@dataclass
class Call:
    """A call: the method's own arguments by name, ``params``, the last of them, and what is known besides and not sent."""

    values: Dict[str, Any]
    params: Dict[str, Any]
    known: Dict[str, Any] = field(default_factory=dict)

    @staticmethod
    def of(method: Placing, args: Sequence[Any], named: Mapping[str, Any]) -> "Call":
        """Binds arguments as the method itself would; raises ``BadRequest`` for what it has not."""
        names = (*method.arguments, "params")
        if len(args) > len(names):
            raise BadRequest(f"expected at most {len(names)} arguments ({', '.join(names)}), got {len(args)}")
        values: Dict[str, Any] = dict(zip(names, args))
        for name, value in named.items():
            if name not in names or name in values:
                raise BadRequest(f"expected the arguments {', '.join(names)}, got {name!r}")
            values[name] = value
        params = dict(values.pop("params", None) or {})
        return Call(values, params, dict(method.fixed)).checked()

    @staticmethod
    def of_item(item: Mapping[str, Any]) -> "Call":
        """One order of a list, as ``create_orders`` and ``edit_orders`` take them."""
        values = {name: value for name, value in item.items() if name != "params"}
        return Call(values, dict(item.get("params") or {})).checked()

    def checked(self) -> "Call":
        """Itself; raises ``BadRequest`` for a parameter that makes another order of it."""
        for name in self.params:
            if name in _OVERRIDES:
                raise BadRequest(f"params: expected {name} in the arguments of the method, got {name!r} as a parameter")
        return self

    def get(self, name: str) -> Any:
        """What is known besides, an argument, or a parameter."""
        for source in (self.known, self.values, self.params):
            if source.get(name) is not None:
                return source[name]
        return None

    def number(self, name: str) -> Optional[float]:
        """A figure above 0, or ``None`` where it is not given; raises ``BadRequest`` for anything else."""
        value = self.get(name)
        if value is None:
            return None
        try:
            figure = float(value)
        except (TypeError, ValueError):
            figure = math.nan
        if isinstance(value, bool) or not math.isfinite(figure) or figure <= 0:
            raise BadRequest(f"{name}: expected a finite number above 0, got {value!r}")
        return figure

    @property
    def amount(self) -> Optional[float]:
        """The amount, or ``None``; 0 beside a cost is none."""
        return None if self.get("cost") is not None and not self.get("amount") else self.number("amount")

    @property
    def side(self) -> str:
        """``buy`` or ``sell``; raises ``BadRequest``."""
        side = str(self.get("side")).lower()
        if side not in ("buy", "sell"):
            raise BadRequest(f"side: expected buy or sell, got {self.get('side')!r}")
        return side

    @property
    def own_price(self) -> Optional[float]:
        """The price of a limit order, failing that the one that triggers it."""
        for name in ("price", *_TRIGGERS):
            price = self.number(name) if not isinstance(self.get(name), dict) else None
            if price is not None:
                return price
        return None

    @property
    def client_id(self) -> Optional[str]:
        """The client order id that the caller gave."""
        for name in _CLIENT_IDS:
            if self.params.get(name):
                return str(self.params[name])
        return None

    @property
    def reduce_only(self) -> bool:
        """Whether the caller says that it only reduces."""
        return is_true(self.get("reduceOnly")) or is_true(self.params.get("reduce_only"))

    @property
    def closes_by_kind(self) -> bool:
        """Orders that stop a loss or take a profit of a position that stands."""
        return self.get("stopLossPrice") is not None or self.get("takeProfitPrice") is not None

    @property
    def closes_by_exchange(self) -> bool:
        """Orders that can open nothing at the exchange, and that may not say ``reduceOnly`` besides."""
        leg = str(self.params.get("positionSide") or self.params.get("posSide") or self.params.get("positionIdx") or "").upper()
        other_side = "sell" if leg in ("LONG", "1") else "buy" if leg in ("SHORT", "2") else None
        return self.closes_all or self.side == other_side

    @property
    def closes_all(self) -> bool:
        """Binance's order over whatever is held when it is triggered."""
        return is_true(self.params.get("closePosition"))

    def arguments(self, method: Placing) -> Tuple[Any, ...]:
        """For the method itself; ``params`` last."""
        return (*(self.values.get(name) for name in method.arguments), self.params)

    def item(self) -> Dict[str, Any]:
        """For a list of orders."""
        return {**self.values, "params": self.params}


def is_true(value: Any) -> bool:
    """What exchanges take for true."""
    return value is True or value == 1 or str(value).lower() == "true"


@dataclass(frozen=True)
class Size:
    """How much a call asks for: in the base asset where it is known, else in US dollars; ``price`` in US dollars."""

    qty: Optional[float]
    notional_usd: Optional[float]
    price: Optional[float]

    def share(self, qty: Optional[float], notional_usd: Optional[float]) -> float:
        """What part of it was given, above 0 and at most 1."""
        asked, given = (self.qty, qty) if self.qty is not None else (self.notional_usd, notional_usd)
        return 1.0 if not asked or given is None or given >= asked * (1 - 1e-9) else max(0.0, given / asked)


def size_of(call: Call, market: Mapping[str, Any], last: Optional[float], closing: bool) -> Size:
    """``last``: the market's last price in its quote, for what has none of its own. Raises ``BadRequest`` where it cannot be told."""
    own = call.own_price or last
    price = own if str(market.get("quote")) in USD else None
    amount, cost = call.amount, call.number("cost")
    if (amount is None) == (cost is None):
        raise BadRequest(f"expected either amount or cost, got {'neither' if cost is None else 'both'}")
    lot = float(market.get("contractSize") or 1) if market.get("contract") else 1.0
    if amount is not None and not market.get("inverse"):
        return Size(amount * lot, None, price)
    worth = cost if amount is None else amount * lot
    if price is not None and not closing:
        return Size(None, worth, price)
    if own is None:
        raise BadRequest(f"price: expected one, to tell how much {worth} is in {market.get('base')}; got none")
    return Size(worth / own, None, price)
