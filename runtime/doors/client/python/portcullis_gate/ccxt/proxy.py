"""A ccxt exchange behind the gate: the same methods, and no order without a permit."""

from __future__ import annotations

import inspect
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Tuple

from ..errors import BadRequest, GateError
from ..gate import AsyncGate, _in_thread
from . import methods
from .call import Call
from .flow import EXCHANGE, GATE, Asked, Flow, Options, Refused, Steps
from .told import rejected


class NotGated(GateError):
    """A method that may place orders past the gate. Nothing was called."""


def plain_symbol(market: Mapping[str, Any]) -> str:
    """Portcullis's name of a market: ``BTCUSDT`` for BTC/USDT and BTC/USDT:USDT, ``BTCUSDT_261225`` for one that ends then."""
    name = f"{market['base']}{market['quote']}"
    _, _, ends = str(market["symbol"]).partition("-")
    return f"{name}_{ends}" if ends else name


def gated(
    exchange: Any,
    gate: Any,
    *,
    allow: Iterable[str] = (),
    symbol: Callable[[Mapping[str, Any]], str] = plain_symbol,
    client_order_id: Callable[[str], str] = str,
    timeout: float = 0.5,
    look: bool = True,
) -> Any:
    """The exchange as your bot uses it, with a ``Gate`` before every order. Sync and asyncio, as the exchange is.

    ``allow`` names methods to let through that would be refused; ``symbol`` turns a market into the governor's name of it;
    ``client_order_id`` turns a plan id (32 hex digits) into what the exchange takes; ``look`` reads position or balance
    before an order that does not say it closes, to tell whether it does.
    """
    has = getattr(exchange, "has", None) or {}
    options = Options(symbol, client_order_id, timeout, look, has.get("editOrder") == "emulated")
    plain_gate = gate._gate if isinstance(gate, AsyncGate) else gate
    return Gated(exchange, Flow(exchange, plain_gate, options), frozenset(methods.plain(name) for name in allow))


class Gated:
    """What ``gated`` answers with: every attribute is the exchange's own, but for the methods that place orders."""

    def __init__(self, exchange: Any, flow: Flow, allow: Iterable[str]) -> None:
        object.__setattr__(self, "_ungated", exchange)
        object.__setattr__(self, "_flow", flow)
        object.__setattr__(self, "_allow", allow)
        object.__setattr__(self, "_asyncio", any(
            inspect.iscoroutinefunction(getattr(exchange, name, None)) for name in ("create_order", "createOrder", "load_markets")
        ))

    def __getattr__(self, name: str) -> Any:
        if name == "_ungated":
            raise AttributeError(name)  # A copy that is not made yet.
        value = getattr(self._ungated, name)
        if not callable(value) or name.startswith("__"):
            return value
        plain = methods.plain(name)
        steps = _steps_of(self._flow, plain, value)
        if steps is not None:
            return self._runs(steps)
        if plain in self._allow or methods.harmless(plain):
            return self._runs(_told_of(self._flow, value)) if methods.tells_of_orders(plain) else value
        return _refuses(name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._ungated, name, value)

    def __dir__(self) -> List[str]:
        return dir(self._ungated)

    def __repr__(self) -> str:
        return f"gated({self._ungated!r})"

    async def __aenter__(self) -> "Gated":
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self._ungated.close()

    def _runs(self, steps: Callable[..., Steps]) -> Callable[..., Any]:
        if not self._asyncio:
            return lambda *args, **named: _run(steps(args, named))

        async def run(*args: Any, **named: Any) -> Any:
            return await _run_async(steps(args, named))

        return run


def _steps_of(flow: Flow, name: str, method: Callable[..., Any]) -> Optional[Callable[..., Steps]]:
    if methods.batch(name):
        return lambda args, named: _place_all(flow, method, methods.edits(name), args, named)
    if name == methods.CLOSE_ONE:
        return lambda args, named: _close(flow, method, args, named, one=True)
    if name == methods.CLOSE_ALL:
        return lambda args, named: _close(flow, method, args, named, one=False)
    form = methods.placing(name)
    if form is not None:
        return lambda args, named: _place(flow, method, form, methods.edits(name), args, named)
    return None


def _place(flow: Flow, method: Any, form: methods.Placing, edit: bool, args: Tuple[Any, ...], named: Dict[str, Any]) -> Steps:
    call = Call.of(form, args, named)
    asked = yield from flow.ask(call, edit)
    try:
        order = yield (EXCHANGE, method, call.arguments(form), {})
    except Exception as error:
        yield from flow.failed(asked, error)
        raise
    yield from flow.after(asked, order)
    return order


def _place_all(flow: Flow, method: Any, edit: bool, args: Tuple[Any, ...], named: Dict[str, Any]) -> Steps:
    """Sends those that have a permit; the others come back as rejected, in their places."""
    call = Call.of(methods.Placing(("orders",), {}), args, named)
    calls = [Call.of_item(item) for item in call.values["orders"]]
    refused: Dict[int, Exception] = {}
    asked: Dict[int, Asked] = {}
    try:
        for at, one in enumerate(calls):
            try:
                asked[at] = yield from flow.ask(one, edit)
            except Refused as error:
                refused[at] = error
    except Exception:
        for one in asked.values():
            yield from flow.give_back(one)
        raise
    if not asked and refused:
        raise refused[0]
    try:
        orders = yield (EXCHANGE, method, ([calls[at].item() for at in asked], call.params), {})
    except Exception as error:
        if len(asked) == 1:
            yield from flow.failed(next(iter(asked.values())), error)
        raise
    if not isinstance(orders, list) or len(orders) != len(asked):
        return orders
    for one, order in zip(asked.values(), orders):
        yield from flow.after(one, order)
    answers = dict(zip(asked, orders))
    return [answers[at] if at in answers else rejected(one, refused[at]) for at, one in enumerate(calls)]


def _close(flow: Flow, method: Any, args: Tuple[Any, ...], named: Dict[str, Any], one: bool) -> Steps:
    symbol = (args[0] if args else named.get("symbol")) if one else None
    held = yield from flow.positions(symbol)
    if held is None:
        raise BadRequest("close_position: expected positions that can be read; send a reduceOnly order of that amount instead")
    asked = []
    for position in held:
        if symbol is None or position["symbol"] == symbol:
            side = "sell" if position["side"] == "long" else "buy"
            known = {"symbol": position["symbol"], "side": side, "amount": abs(float(position["contracts"])), "reduceOnly": True}
            asked.append((yield from flow.ask(Call(known, {}))))
    try:
        closed = yield (EXCHANGE, method, args, named)
    except Exception as error:
        if len(asked) == 1:
            yield from flow.failed(asked[0], error)
        raise
    if len(asked) == 1:
        yield from flow.after(asked[0], closed[0] if isinstance(closed, list) and closed else closed)
    return closed


def _told_of(flow: Flow, method: Any) -> Callable[..., Steps]:
    def steps(args: Tuple[Any, ...], named: Dict[str, Any]) -> Steps:
        answer = yield (EXCHANGE, method, args, named)
        yield from flow.learn(answer)
        return answer

    return steps


def _refuses(name: str) -> Callable[..., Any]:
    def refuse(*_: Any, **__: Any) -> Any:
        raise NotGated(f"{name}: may place an order without a permit; use create_order, or gated(…, allow=[{name!r}]) if it places none")

    return refuse


def _run(steps: Steps) -> Any:
    done: Any = None
    failed: Optional[BaseException] = None
    while True:
        try:
            _, call, args, named = steps.throw(failed) if failed is not None else steps.send(done)
        except StopIteration as end:
            return end.value
        failed = done = None
        try:
            done = call(*args, **named)
        except BaseException as error:
            failed = error


async def _run_async(steps: Steps) -> Any:
    done: Any = None
    failed: Optional[BaseException] = None
    while True:
        try:
            kind, call, args, named = steps.throw(failed) if failed is not None else steps.send(done)
        except StopIteration as end:
            return end.value
        failed = done = None
        try:
            if kind == GATE:
                done = await _in_thread(call, *args, **named)
            else:
                done = call(*args, **named)
                done = await done if inspect.isawaitable(done) else done
        except BaseException as error:
            failed = error
