"""Over Redis, with redis-py: a plan that asks, and a mailbox in which the governor answers."""

from __future__ import annotations

import json
import threading
import time
import uuid
from decimal import Decimal
from typing import Any, Dict, Mapping, Optional

from .answers import Order
from .errors import BadRequest, NotAllowed, NoVerdict, Unreachable

# What a verdict that was committed at the deadline may take until it is here, seconds.
_GRACE = 0.25
_BLOCK = 1


class OverRedis:
    """One mailbox for a process, read by whoever waits first: safe in any thread."""

    def __init__(self, client: Any, strategy: str = "default", prefix: str = "quantum") -> None:
        """``client`` is a ``redis.Redis``, or the URL of one."""
        import redis  # Only this transport needs it.

        self._errors = redis.exceptions
        self._redis = redis.Redis.from_url(client) if isinstance(client, str) else client
        self._prefix = prefix
        self._strategy = strategy
        self._box = f"{strategy}:{uuid.uuid4()}"
        self._arrived: Dict[str, Mapping[str, Any]] = {}
        self._waiting: Dict[str, int] = {}
        self._turn = threading.Condition()
        self._reading = False

    def ask(self, order: Order) -> Mapping[str, Any]:
        """The answer to an order, as JSON."""
        fields: Dict[str, Any] = {
            "plan_id": order.plan_id,
            "symbol": order.symbol,
            "action": order.action,
            "side": order.side,
            "decision": "EXECUTE",
            "strategy": self._strategy,
            "reply_to": self._box,
            "timeout_ms": order.timeout_ms,
        }
        for name in ("qty", "notional_usd", "price", "min_qty"):
            value = getattr(order, name)
            if value is not None:
                fields[name] = _plain(name, value)
        if order.reduce_only:
            fields["reduceOnly"] = "true"
        if order.resize:
            fields["resize"] = "true"
        with self._turn:
            if order.plan_id in self._waiting:
                raise BadRequest(f"plan {order.plan_id} was asked for and waits for its answer")
            self._waiting[order.plan_id] = 1
        try:
            self._command("XADD", self._key("stream:apply.plan"), "*", *_flat(fields))
            return self._answer(order.plan_id, time.monotonic() + order.timeout + _GRACE)
        finally:
            with self._turn:
                del self._waiting[order.plan_id]
                self._arrived.pop(order.plan_id, None)
                self._turn.notify_all()

    def result(self, plan_id: str, symbol: str, result: Mapping[str, Any]) -> None:
        """Says what became of a permit."""
        executed = "false" if result["outcome"] == "rejected" else "true"
        fields = {"plan_id": plan_id, "symbol": symbol, "executed": executed, **result}
        self._command("XADD", self._key("stream:apply.result"), "*", *_flat(fields))

    def give_back(self, plan_id: str, symbol: str) -> bool:
        """Gives a permit back; its room is free once the governor has read it."""
        self.result(plan_id, symbol, {"outcome": "rejected", "error": "given back"})
        return False

    def kill(self, reason: str) -> None:
        """Turns the kill switch on; the user ``panic`` may."""
        del reason
        self._command("SET", self._key("kill"), "1")

    def heat(self) -> Mapping[str, Any]:
        """The heat of the portfolio as it was last kept."""
        flat = self._command("HGETALL", self._key("state:heat"))
        pairs = flat.items() if isinstance(flat, dict) else zip(flat[::2], flat[1::2])
        return {_text(name): _text(value) for name, value in pairs}

    def evaluate(self, entry: Mapping[str, str]) -> Mapping[str, Any]:
        """Only HTTP can be asked that."""
        raise BadRequest("evaluate: expected a gate over HTTP, got one over Redis")

    def _answer(self, plan_id: str, deadline: float) -> Mapping[str, Any]:
        """One thread reads for all; whoever has its answer hands the reading over."""
        while True:
            with self._turn:
                while self._reading and plan_id not in self._arrived and time.monotonic() < deadline:
                    self._turn.wait(max(0.0, deadline - time.monotonic()))
                if plan_id in self._arrived:
                    return self._arrived[plan_id]
                left = deadline - time.monotonic()
                if left <= 0:
                    raise NoVerdict(f"expected a verdict on plan {plan_id}, got none: is a governor running?")
                self._reading = True
            try:
                self._take(self._command("BLPOP", self._key(f"reply:{self._box}"), min(_BLOCK, max(0.001, left))))
            finally:
                with self._turn:
                    self._reading = False
                    self._turn.notify_all()

    def _take(self, popped: Any) -> None:
        if popped is None:
            return
        try:
            answer = json.loads(_text(popped[1]))
            plan_id = answer["plan_id"]
        except (ValueError, TypeError, KeyError, IndexError) as error:
            raise Unreachable(f"expected a verdict, got {popped!r:.120}") from error
        with self._turn:
            if plan_id in self._waiting:
                self._arrived[plan_id] = answer

    def _command(self, *words: Any) -> Any:
        try:
            return self._redis.execute_command(*words)
        except (self._errors.NoPermissionError, self._errors.AuthenticationError) as error:
            raise NotAllowed(str(error)) from error
        except self._errors.RedisError as error:
            raise Unreachable(f"Redis: {error}") from error

    def _key(self, name: str) -> str:
        return f"{self._prefix}:{name}"


def _flat(fields: Mapping[str, Any]) -> list:
    return [word for pair in fields.items() for word in pair]


def _plain(name: str, value: float) -> str:
    """A plain decimal of at most 10 digits after the point; a number too small for them would be judged as 0."""
    text = format(Decimal(repr(value)).quantize(Decimal(1).scaleb(-10)), "f").rstrip("0").rstrip(".")
    if text in ("", "0"):
        raise BadRequest(f"{name}: expected a number that 10 digits after the point can tell, got {value!r}")
    return text


def _text(value: Optional[Any]) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
