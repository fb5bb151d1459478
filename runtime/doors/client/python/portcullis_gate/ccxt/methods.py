"""Which methods of a ccxt exchange place orders, which place none, and which are refused."""

from __future__ import annotations

import re
from typing import Any, Dict, Mapping, NamedTuple, Optional, Tuple


class Placing(NamedTuple):
    """A unified method that places one order: its arguments before ``params``, and what its name says already."""

    arguments: Tuple[str, ...]
    fixed: Mapping[str, Any]


def _method(arguments: str, **fixed: Any) -> Placing:
    return Placing(tuple(arguments.split()), fixed)


_ORDER = "symbol type side amount price"
_CREATE: Dict[str, Placing] = {
    "create_order": _method(_ORDER),
    "create_limit_order": _method("symbol side amount price", type="limit"),
    "create_limit_buy_order": _method("symbol amount price", type="limit", side="buy"),
    "create_limit_sell_order": _method("symbol amount price", type="limit", side="sell"),
    "create_market_order": _method("symbol side amount price", type="market"),
    "create_market_buy_order": _method("symbol amount", type="market", side="buy"),
    "create_market_sell_order": _method("symbol amount", type="market", side="sell"),
    "create_market_order_with_cost": _method("symbol side cost", type="market"),
    "create_market_buy_order_with_cost": _method("symbol cost", type="market", side="buy"),
    "create_market_sell_order_with_cost": _method("symbol cost", type="market", side="sell"),
    "create_post_only_order": _method(_ORDER),
    "create_reduce_only_order": _method(_ORDER, reduceOnly=True),
    "create_stop_order": _method(f"{_ORDER} triggerPrice"),
    "create_stop_limit_order": _method("symbol side amount price triggerPrice", type="limit"),
    "create_stop_market_order": _method("symbol side amount triggerPrice", type="market"),
    "create_trigger_order": _method(f"{_ORDER} triggerPrice"),
    "create_stop_loss_order": _method(f"{_ORDER} stopLossPrice"),
    "create_take_profit_order": _method(f"{_ORDER} takeProfitPrice"),
    "create_trailing_amount_order": _method(f"{_ORDER} trailingAmount trailingTriggerPrice"),
    "create_trailing_percent_order": _method(f"{_ORDER} trailingPercent trailingTriggerPrice"),
    "create_order_with_take_profit_and_stop_loss": _method(f"{_ORDER} takeProfit stopLoss"),
    "create_twap_order": _method("symbol side amount duration", type="market"),
}
_EDIT: Dict[str, Placing] = {
    "edit_order": _method(f"id {_ORDER}"),
    "edit_order_with_client_order_id": _method(f"clientOrderId {_ORDER}"),
    "edit_limit_order": _method("id symbol side amount price", type="limit"),
    "edit_limit_buy_order": _method("id symbol amount price", type="limit", side="buy"),
    "edit_limit_sell_order": _method("id symbol amount price", type="limit", side="sell"),
}
_BATCH = ("create_orders", "create_spot_orders", "create_contract_orders", "edit_orders")
CLOSE_ONE, CLOSE_ALL = "close_position", "close_all_positions"

# What an application calls that places no order. Whatever is in none of these lists is refused.
_HARMLESS = re.compile(
    r"(fetch|load|cancel|watch|un_watch|parse|safe|set|get|is|to|has|filter|check|calculate|borrow|repay|price|amount|cost|fee"
    r"|number|decimal|currency|market|transfer|deep|sort|index|group|array|uuid|iso|yyyy|yymm)(_\w+)?"
    r"|close|describe|nonce|account|symbol|sleep|throttle|delay|log|extend|omit|pluck|sum|unique|keysort|hash|hmac|json|unjson"
    r"|(milli|micro)?seconds|ymd|ymdhms|iso8601|parse8601|withdraw|deposit|add_margin|reduce_margin|enable_demo_trading"
    r"|create_deposit_address|uuid\d*"
)
# Of those, what sends anything that it is given, or calls a method by its name.
_RAW = re.compile(r"fetch|watch|watch_multiple\w*|fetch_paginated_\w+|fetch_web_endpoint|get_property|set_property|load_fetch_\w+")
# Implicit methods that only read what everybody may. An implicit GET with a key may place an order: `private_get_buy` of Deribit.
_PUBLIC_READ = re.compile(r"(?=.*public)\w*_get(_\w*)?")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def plain(name: str) -> str:
    """A method's name in snake_case; ccxt has both spellings of each."""
    return _HUMP.sub("_", name).lower()


def placing(name: str) -> Optional[Placing]:
    """How a method of a plain name places one order, or ``None``."""
    name = _rest(name)
    return _CREATE.get(name) or _EDIT.get(name)


def edits(name: str) -> bool:
    """Whether a method of a plain name changes an order that stands."""
    return _rest(name) in _EDIT or _rest(name) == "edit_orders"


def batch(name: str) -> bool:
    """Whether a method of a plain name places a list of orders."""
    return _rest(name) in _BATCH


def harmless(name: str) -> bool:
    """Whether a method of a plain name places no order."""
    if _RAW.fullmatch(name):
        return False
    return bool(_HARMLESS.fullmatch(name) or _PUBLIC_READ.fullmatch(name))


def tells_of_orders(name: str) -> bool:
    """Whether the answer of a method of a plain name says what became of orders."""
    return re.match(r"(fetch|watch|cancel)_\w*order", name) is not None


def known() -> Tuple[str, ...]:
    """Every method that is gated, in snake_case; most of them with ``_ws`` at the end too."""
    return (*_CREATE, *_EDIT, *_BATCH, CLOSE_ONE, CLOSE_ALL)


def _rest(name: str) -> str:
    return name[:-3] if name.endswith("_ws") else name
