"""The gate: one call before each order."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import logging
import time
from typing import Any, Mapping, Optional, Tuple, Type, Union

from .answers import Denied, Order, Permit, denied_of, permit_of
from .errors import BadRequest, NoVerdict, Unreachable
from .over_http import OverHttp
from .over_redis import OverRedis

_log = logging.getLogger("portcullis_gate")
_OUTCOMES = ("filled", "partly", "rejected")
# How long an exit that nobody answered for may still be placed, seconds: as long as a permit.
_LIFE = 60.0

Answer = Union[Permit, Denied]


class Gate:
    """Asks for permits, over HTTP or Redis. Every method may be called from any thread."""

    def __init__(
        self,
        url: str = "http://127.0.0.1:8040",
        token: str = "",
        portfolio: Optional[str] = None,
        not_placed: Tuple[Type[BaseException], ...] = (),
        transport: Any = None,
    ) -> None:
        """``token`` is one of TRADER_TOKENS; ``not_placed`` are errors of your exchange which prove that no order was placed."""
        self._door = transport if transport is not None else OverHttp(url, token, portfolio)
        self._not_placed = not_placed

    @classmethod
    def over_redis(
        cls,
        client: Any,
        strategy: str = "default",
        prefix: str = "quantum",
        not_placed: Tuple[Type[BaseException], ...] = (),
    ) -> "Gate":
        """A gate over Redis; ``client`` is a ``redis.Redis`` or the URL of one, of a user such as ``trader``."""
        return cls(transport=OverRedis(client, strategy, prefix), not_placed=not_placed)

    def permit(self, symbol: str, side: str, **order: Any) -> Answer:
        """Asks for an order: ``qty`` or ``notional_usd``; ``price``, ``reduce_only``, ``plan_id``, ``timeout`` (seconds, 0.5).

        With ``resize`` the permit may be for less, at least ``min_qty``: trade ``permit.qty``.

        A lost answer is asked for once more, with the same plan id: the governor gives no second permit for it.
        Where no answer comes an order that opens is ``Denied``, and an exit (``reduce_only``) is let through.
        Raises ``BadRequest``, ``NotAllowed`` or ``Conflict`` for what cannot be asked.
        """
        asked = Order.checked(symbol, side, **order)
        try:
            return self._read(asked, self._ask(asked))
        except (NoVerdict, Unreachable) as error:
            return self._unanswered(asked, error)

    def result(
        self,
        permit: Permit,
        outcome: str,
        qty: Optional[float] = None,
        price: Optional[float] = None,
        error: Optional[str] = None,
    ) -> None:
        """Says what became of the order: ``filled``, ``partly`` or ``rejected`` (nothing was executed). Raises ``GateError``."""
        if outcome not in _OUTCOMES:
            raise BadRequest(f"outcome: expected filled, partly or rejected, got {outcome!r}")
        if permit.unanswered:
            return
        said = {"outcome": outcome, "qty": qty, "price": price, "error": error}
        told = {name: value for name, value in said.items() if value is not None}
        self._door.result(permit.plan_id, permit.symbol, told)

    def give_back(self, permit: Permit) -> bool:
        """Gives back a permit that was not used; whether its room is free already. Raises ``GateError``."""
        return False if permit.unanswered else self._door.give_back(permit.plan_id, permit.symbol)

    def kill(self, reason: str) -> None:
        """Turns the kill switch on: nothing gets a permit, exits neither. Raises ``NotAllowed`` without the right."""
        self._door.kill(reason)

    def heat(self) -> Mapping[str, Any]:
        """The heat of the portfolio; raises ``NotAllowed`` for a token that may not look."""
        return self._door.heat()

    def evaluate(self, entry: Mapping[str, str]) -> Mapping[str, Any]:
        """What the governor would say of a plan's fields; nothing is written. Raises ``NotAllowed`` for a token that may not look."""
        return self._door.evaluate(entry)

    def _ask(self, order: Order) -> Mapping[str, Any]:
        try:
            return self._door.ask(order)
        except Unreachable as error:
            _log.warning("plan %s: %s; asking once more", order.plan_id, error)
            return self._door.ask(order)

    def _read(self, order: Order, answer: Mapping[str, Any]) -> Answer:
        try:
            if answer["plan_id"] != order.plan_id:
                raise TypeError("the answer is on another plan")
            if answer["granted"] is not True:
                denied = denied_of(answer)
                if denied.reason == "deadline_passed":
                    raise NoVerdict("it was judged after its deadline")
                return denied
            permit = permit_of(order, answer)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Unreachable(f"expected an answer on plan {order.plan_id}, got another: {error!r}") from error
        return dataclasses.replace(permit, _report=self._report, _not_placed=self._not_placed)

    def _report(self, permit: Permit, error: str) -> None:
        """Whatever happens here, the error that ended the order is the one that the caller sees."""
        try:
            self.result(permit, "rejected", error=error[:1000])
        except Exception as trouble:
            _log.error("plan %s: expected to report that no order was placed, got %s", permit.plan_id, trouble)

    def _unanswered(self, order: Order, error: Exception) -> Answer:
        if not order.reduce_only:
            _log.error("plan %s: no answer, so the order is not placed: %s", order.plan_id, error)
            return Denied(order.plan_id, "no_answer", f"no answer came: {error}", answered=False)
        _log.error("plan %s: no answer, and an exit is not held up by that: %s", order.plan_id, error)
        return Permit(
            plan_id=order.plan_id,
            symbol=order.symbol,
            side=order.side,
            qty=order.qty,
            notional_usd=order.notional_usd,
            reduce_only=True,
            expires_at=time.time() + _LIFE,
            unanswered=True,
        )


class AsyncGate:
    """The same for asyncio: each call runs in a thread, and the loop goes on."""

    def __init__(self, *args: Any, gate: Optional[Gate] = None, **options: Any) -> None:
        self._gate = gate if gate is not None else Gate(*args, **options)

    async def permit(self, symbol: str, side: str, **order: Any) -> Answer:
        """As ``Gate.permit``."""
        return await _in_thread(self._gate.permit, symbol, side, **order)

    async def result(self, permit: Permit, outcome: str, **told: Any) -> None:
        """As ``Gate.result``."""
        await _in_thread(self._gate.result, permit, outcome, **told)

    async def give_back(self, permit: Permit) -> bool:
        """As ``Gate.give_back``."""
        return await _in_thread(self._gate.give_back, permit)

    async def kill(self, reason: str) -> None:
        """As ``Gate.kill``."""
        await _in_thread(self._gate.kill, reason)

    async def heat(self) -> Mapping[str, Any]:
        """As ``Gate.heat``."""
        return await _in_thread(self._gate.heat)

    async def evaluate(self, entry: Mapping[str, str]) -> Mapping[str, Any]:
        """As ``Gate.evaluate``."""
        return await _in_thread(self._gate.evaluate, entry)


async def _in_thread(work: Any, *args: Any, **options: Any) -> Any:
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(None, functools.partial(work, *args, **options))
