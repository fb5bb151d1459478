"""An exchange of ccxt's shape on paper: its unified methods call each other as ccxt's do, and its implicit ones reach the same book.

What was read of ccxt 4.5.84 (js/src/base/Exchange.js; the Python package is made from it): every ``create_…_order`` ends in
``create_order`` with more ``params`` (9041-9370), ``create_…_with_cost`` sends the cost as amount and as ``params["cost"]``
(9095-9126), ``edit_order`` cancels and creates unless an exchange has its own (8966), implicit methods are set on the instance
in both spellings (414-428), and ``params`` are laid over the request.
"""

from __future__ import annotations

import asyncio
import functools
import inspect


class BaseError(Exception):
    pass


class NetworkError(BaseError):
    pass


class RequestTimeout(NetworkError):
    pass


class ExchangeError(BaseError):
    pass


class InsufficientFunds(ExchangeError):
    pass


class InvalidOrder(ExchangeError):
    pass


class DuplicateOrderId(InvalidOrder):
    pass


class OrderNotFound(InvalidOrder):
    pass


def _market(symbol, **more):
    base, quote = symbol.split(":")[0].split("/")
    contract = ":" in symbol
    return {"symbol": symbol, "base": base, "quote": quote, "spot": not contract, "contract": contract, "inverse": False, **more}


MARKETS = {one["symbol"]: one for one in (
    _market("SOL/USDT:USDT", contractSize=1), _market("DOGE/USDT:USDT", contractSize=100), _market("SOL/USDT"),
    _market("BTC/USD:BTC", contractSize=100, inverse=True), _market("ETH/BTC"), _market("SOL/USDT:USDT-261225", contractSize=1),
)}


class Exchange:
    """One-way futures and spot; everything fills at once unless ``resting``. ``failing``: method name to what it raises."""

    id = "paper"

    def __init__(self):
        self.has = {"editOrder": "emulated", "fetchOrder": True}
        self.options = {}
        self.markets = None
        self.resting = False
        self.quiet = False
        self.failing = {}
        self.calls = []
        self.orders = {}
        self.contracts = {}
        self.free = {"USDT": 1000.0, "SOL": 2.0}
        self.define_rest_api()

    def define_rest_api(self):
        for name in ("privatePostOrder", "privatePutOrder", "privateDeleteOrder", "privateGetBuy", "publicGetTime", "sapiPostMarginOrder"):
            def implicit(params=None, name=name):
                return self.request(name, params)
            setattr(self, name, implicit)
            setattr(self, "".join("_" + c.lower() if c.isupper() else c for c in name), implicit)

    def request(self, path, params=None):
        self.calls.append(("raw", path, params))
        return {}

    fetch2 = request

    def load_markets(self):
        self.markets = MARKETS
        return MARKETS

    def market(self, symbol):
        return self.markets[symbol]

    def amount_to_precision(self, symbol, amount):
        return str(int(amount * 1000) / 1000)

    def create_order(self, symbol, type, side, amount, price=None, params={}):
        request = {"symbol": symbol, "type": type, "side": side, "amount": amount, "price": price, **params}
        self.calls.append(("create", request))
        if "create_order" in self.failing:
            raise self.failing["create_order"]
        if self.markets[symbol]["spot"] and "reduceOnly" in request:
            raise InvalidOrder("spot has no reduceOnly")
        client = request.get("clientOrderId")
        if client is not None and any(one["clientOrderId"] == client for one in self.orders.values()):
            raise DuplicateOrderId(client)
        order = {
            "id": str(len(self.orders) + 1), "clientOrderId": client, "symbol": symbol, "side": side, "amount": request["amount"], "type": type,
            "price": price, "reduceOnly": request.get("reduceOnly"), "status": "open", "filled": 0.0, "remaining": request["amount"], "average": None,
        }
        self.orders[order["id"]] = order
        if not self.resting and order["amount"] is not None:
            self.fill(order["id"], order["amount"])
        return {"id": order["id"], "status": None, "filled": None} if self.quiet else dict(order)

    def fill(self, order_id, amount, price=None):
        order = self.orders[order_id]
        order.update(filled=amount, remaining=order["amount"] - amount, average=price or order["price"] or 150.0, status="closed")
        sign = 1 if order["side"] == "buy" else -1
        self.contracts[order["symbol"]] = self.contracts.get(order["symbol"], 0.0) + sign * amount

    def create_limit_order(self, symbol, side, amount, price, params={}):
        return self.create_order(symbol, "limit", side, amount, price, params)

    def create_market_order(self, symbol, side, amount, price=None, params={}):
        return self.create_order(symbol, "market", side, amount, price, params)

    def create_limit_buy_order(self, symbol, amount, price, params={}):
        return self.create_order(symbol, "limit", "buy", amount, price, params)

    def create_limit_sell_order(self, symbol, amount, price, params={}):
        return self.create_order(symbol, "limit", "sell", amount, price, params)

    def create_market_buy_order(self, symbol, amount, params={}):
        return self.create_order(symbol, "market", "buy", amount, None, params)

    def create_market_sell_order(self, symbol, amount, params={}):
        return self.create_order(symbol, "market", "sell", amount, None, params)

    def create_market_order_with_cost(self, symbol, side, cost, params={}):
        return self.create_order(symbol, "market", side, cost, 1, {**params, "cost": cost})

    def create_market_buy_order_with_cost(self, symbol, cost, params={}):
        return self.create_order(symbol, "market", "buy", cost, 1, {**params, "cost": cost})

    def create_market_sell_order_with_cost(self, symbol, cost, params={}):
        return self.create_order(symbol, "market", "sell", cost, 1, {**params, "cost": cost})

    def create_post_only_order(self, symbol, type, side, amount, price=None, params={}):
        return self.create_order(symbol, type, side, amount, price, {**params, "postOnly": True})

    def create_reduce_only_order(self, symbol, type, side, amount, price=None, params={}):
        return self.create_order(symbol, type, side, amount, price, {**params, "reduceOnly": True})

    def create_stop_limit_order(self, symbol, side, amount, price, triggerPrice, params={}):
        return self.create_order(symbol, "limit", side, amount, price, {**params, "stopPrice": triggerPrice})

    def create_stop_market_order(self, symbol, side, amount, triggerPrice, params={}):
        return self.create_order(symbol, "market", side, amount, None, {**params, "stopPrice": triggerPrice})

    def create_stop_order(self, symbol, type, side, amount, price=None, triggerPrice=None, params={}):
        return self.create_order(symbol, type, side, amount, price, {**params, "stopPrice": triggerPrice})

    def create_trigger_order(self, symbol, type, side, amount, price=None, triggerPrice=None, params={}):
        return self.create_order(symbol, type, side, amount, price, {**params, "triggerPrice": triggerPrice})

    def create_stop_loss_order(self, symbol, type, side, amount, price=None, stopLossPrice=None, params={}):
        return self.create_order(symbol, type, side, amount, price, {**params, "stopLossPrice": stopLossPrice})

    def create_take_profit_order(self, symbol, type, side, amount, price=None, takeProfitPrice=None, params={}):
        return self.create_order(symbol, type, side, amount, price, {**params, "takeProfitPrice": takeProfitPrice})

    def create_trailing_amount_order(self, symbol, type, side, amount, price=None, trailingAmount=None, trailingTriggerPrice=None, params={}):
        return self.create_order(symbol, type, side, amount, price, {**params, "trailingAmount": trailingAmount})

    def create_trailing_percent_order(self, symbol, type, side, amount, price=None, trailingPercent=None, trailingTriggerPrice=None, params={}):
        return self.create_order(symbol, type, side, amount, price, {**params, "trailingPercent": trailingPercent})

    def create_order_with_take_profit_and_stop_loss(self, symbol, type, side, amount, price=None, takeProfit=None, stopLoss=None, params={}):
        return self.create_order(symbol, type, side, amount, price, {**params, "takeProfit": takeProfit, "stopLoss": stopLoss})

    def create_twap_order(self, symbol, side, amount, duration, params={}):
        return self.create_order(symbol, "market", side, amount, None, {**params, "duration": duration})

    def create_orders(self, orders, params={}):
        return [self.create_order(*(one.get(name) for name in ("symbol", "type", "side", "amount", "price")), one.get("params") or {}) for one in orders]

    create_spot_orders = create_contract_orders = create_orders

    def edit_order(self, id, symbol, type, side, amount=None, price=None, params={}):
        self.cancel_order(id, symbol)
        return self.create_order(symbol, type, side, amount, price, params)

    def edit_order_with_client_order_id(self, clientOrderId, symbol, type, side, amount=None, price=None, params={}):
        found = next(one["id"] for one in self.orders.values() if one["clientOrderId"] == clientOrderId)
        return self.edit_order(found, symbol, type, side, amount, price, params)

    def edit_limit_order(self, id, symbol, side, amount, price=None, params={}):
        return self.edit_order(id, symbol, "limit", side, amount, price, params)

    def edit_limit_buy_order(self, id, symbol, amount, price=None, params={}):
        return self.edit_order(id, symbol, "limit", "buy", amount, price, params)

    def edit_limit_sell_order(self, id, symbol, amount, price=None, params={}):
        return self.edit_order(id, symbol, "limit", "sell", amount, price, params)

    def edit_orders(self, orders, params={}):
        return [self.edit_order(one["id"], one["symbol"], one["type"], one["side"], one.get("amount"), one.get("price")) for one in orders]

    def close_position(self, symbol, side=None, params={}):
        held = self.contracts[symbol]
        return self.create_order(symbol, "market", "sell" if held > 0 else "buy", abs(held), None, {"reduceOnly": True})

    def close_all_positions(self, params={}):
        return [self.close_position(symbol) for symbol, held in list(self.contracts.items()) if held]

    def cancel_order(self, id, symbol=None, params={}):
        self.calls.append(("cancel", id))
        order = self.orders[id]
        order["status"] = "canceled"
        return dict(order)

    def fetch_order(self, id, symbol=None, params={}):
        return dict(self.orders[id])

    def watch_orders(self, symbol=None):
        return [dict(one) for one in self.orders.values()]

    def fetch_positions(self, symbols=None, params={}):
        if "fetch_positions" in self.failing:
            raise self.failing["fetch_positions"]
        return [
            {"symbol": symbol, "side": "long" if held > 0 else "short", "contracts": abs(held)}
            for symbol, held in self.contracts.items() if held and (symbols is None or symbol in symbols)
        ]

    def fetch_balance(self, params={}):
        if "fetch_balance" in self.failing:
            raise self.failing["fetch_balance"]
        return {name: {"free": free} for name, free in self.free.items()}

    def fetch_ticker(self, symbol, params={}):
        return {"last": 0.05 if symbol == "ETH/BTC" else 0.1 if "DOGE" in symbol else 150.0}

    @property
    def created(self):
        return [one[1] for one in self.calls if one[0] == "create"]


def _both_spellings_and_ws():
    for name, method in list(vars(Exchange).items()):
        if callable(method) and not name.startswith("_"):
            head, *rest = name.split("_")
            setattr(Exchange, head + "".join(word.capitalize() for word in rest), method)
            if name.startswith(("create_", "edit_")):
                setattr(Exchange, f"{name}_ws", method)
                setattr(Exchange, head + "".join(word.capitalize() for word in rest) + "Ws", method)


_both_spellings_and_ws()


class AsyncExchange(Exchange):
    """The same for asyncio: what would be sent is awaited."""

    closed = False

    async def load_markets(self):
        await asyncio.sleep(0)
        return super().load_markets()

    async def close(self):
        self.closed = True

    def __getattribute__(self, name):
        value = super().__getattribute__(name)
        sends = name.startswith(("create", "edit", "close_", "cancel", "fetch", "watch"))
        if not sends or not callable(value) or inspect.iscoroutinefunction(value) or super().__getattribute__("_inside"):
            return value

        @functools.wraps(value)
        async def method(*args, **named):
            await asyncio.sleep(0)
            self._inside = True
            try:
                return value(*args, **named)
            finally:
                self._inside = False

        return method

    _inside = False
