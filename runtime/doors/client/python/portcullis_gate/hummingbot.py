"""Hummingbot V2: no executor is created without a permit.

    class Trend(StrategyV2Base):
        def __init__(self, connectors, config):
            super().__init__(connectors, config)
            gate_orchestrator(self.executor_orchestrator, Gate(...))
"""

from __future__ import annotations

import asyncio
import logging
import time
from decimal import Decimal
from typing import Any, Dict, Iterable, List, Mapping, Optional, Set, Tuple, Union

from .answers import Denied, Permit
from .ccxt.call import USD
from .decide import decide, report
from .gate import AsyncGate, Gate, _in_thread

__all__ = ["GatedOrchestrator", "gate_orchestrator"]
_log = logging.getLogger("portcullis_gate")
_IN_BASE = frozenset(("position_executor", "order_executor"))
_IN_QUOTE = {"dca_executor": "amounts_quote", "grid_executor": "total_amount_quote", "twap_executor": "total_amount_quote"}


def gate_orchestrator(orchestrator: Any, gate: Union[Gate, AsyncGate], allow: Iterable[str] = (), timeout: float = 0.5) -> "GatedOrchestrator":
    """Puts a gate in front of an executor orchestrator, whichever way actions reach it.

    ``allow`` names types of executors that are created without a permit (``xemm_executor``): those whose orders cannot be
    told beforehand are refused else. ``timeout`` in seconds.
    """
    gated = GatedOrchestrator(orchestrator, gate._gate if isinstance(gate, AsyncGate) else gate, frozenset(allow), timeout)
    orchestrator.execute_action = gated.execute_action
    orchestrator.execute_actions = gated.execute_actions
    return gated


class GatedOrchestrator:
    """What stands before ``execute_action`` and ``execute_actions``: the loop never waits for a verdict."""

    def __init__(self, orchestrator: Any, gate: Gate, allow: Iterable[str], timeout: float) -> None:
        self._execute = orchestrator.execute_action
        self._gate = gate
        self._allow = allow
        self._timeout = timeout
        # Executors that wait for their verdict: which they are, by id; and those that were stopped meanwhile.
        self._waiting: Dict[str, Tuple[Any, ...]] = {}
        self._stopped: Set[str] = set()
        self._tasks: Set["asyncio.Task[None]"] = set()

    def execute_actions(self, actions: List[Any]) -> None:
        """Each by itself."""
        for action in actions:
            self.execute_action(action)

    def execute_action(self, action: Any) -> None:
        """What creates an executor is asked for; all else is the orchestrator's at once."""
        config = getattr(action, "executor_config", None)
        if config is None:
            self._end(action)
            return
        if config.type in self._allow:
            self._execute(action)
            return
        same = (action.controller_id, config.type, getattr(config, "trading_pair", None), str(getattr(config, "side", None)), getattr(config, "level_id", None))
        if same in self._waiting.values():
            _log.info("executor %s: another of its kind waits for its verdict", config.id)
            return
        self._waiting[str(config.id)] = same
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._create(action, self._ask(config))
            return
        task = loop.create_task(self._asked(action))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Waits until every executor that was asked for has its verdict."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _asked(self, action: Any) -> None:
        try:
            answer = await _in_thread(self._ask, action.executor_config)
        except BaseException:
            self._waiting.pop(str(action.executor_config.id), None)
            raise
        self._create(action, answer)

    def _ask(self, config: Any) -> Union[Permit, Denied]:
        plan_id = str(config.id)
        try:
            order = _order_of(config)
        except Exception as error:
            _log.error("executor %s: %s", plan_id, error)
            return Denied(plan_id, "not_asked", str(error), answered=False)
        return decide(self._gate, order.pop("symbol"), order.pop("side"), plan_id, timeout=self._timeout, **order)

    def _create(self, action: Any, answer: Union[Permit, Denied]) -> None:
        config = action.executor_config
        plan_id = str(config.id)
        self._waiting.pop(plan_id, None)
        stopped = plan_id in self._stopped
        self._stopped.discard(plan_id)
        if not answer:
            _log.warning("executor %s: no permit: %s (%s)", plan_id, answer.words, answer.reason)
            return
        if stopped or answer.expires_at <= time.time() or _is_less(answer, config):
            _log.warning("executor %s: not created: %s", plan_id, "stopped meanwhile" if stopped else "too late, or permitted for less")
            report(self._gate, answer, "rejected", error="not created")
            return
        try:
            self._execute(action)
        except Exception as error:
            report(self._gate, answer, "rejected", error=str(error)[:1000] or type(error).__name__)
            raise

    def _end(self, action: Any) -> None:
        """An executor that is stopped before its verdict came must not be created after it."""
        executor_id = str(getattr(action, "executor_id", ""))
        if executor_id in self._waiting:
            self._stopped.add(executor_id)
            return
        self._execute(action)


def _order_of(config: Any) -> Dict[str, Any]:
    """The order that an executor comes to; raises ``ValueError`` for one that cannot be told."""
    if config.type not in _IN_BASE and config.type not in _IN_QUOTE:
        raise ValueError(f"expected an executor of one market and one side, got {config.type}: name it in `allow` to create it unasked")
    base, quote = config.trading_pair.split("-")[:2]
    order: Dict[str, Any] = {"symbol": f"{base}{quote}", "side": config.side.name, "reduce_only": _closes(config)}
    price = _figure(getattr(config, "entry_price", None) or getattr(config, "price", None))
    if config.type in _IN_BASE:
        order["qty"] = float(config.amount)
        if price and quote in USD:
            order["price"] = price
        return order
    worth = getattr(config, _IN_QUOTE[config.type])
    worth = float(sum(worth) if isinstance(worth, (list, tuple)) else worth)
    if quote not in USD:
        raise ValueError(f"expected a quote in US dollars for {config.type}, got {quote}")
    return {**order, "notional_usd": worth}


def _closes(config: Any) -> bool:
    """Only an order executor can say that it closes."""
    return getattr(getattr(config, "position_action", None), "name", "") == "CLOSE"


def _is_less(permit: Permit, config: Any) -> bool:
    asked = float(config.amount) if config.type in _IN_BASE else None
    return not permit.reduce_only and asked is not None and permit.qty is not None and permit.qty < asked * (1 - 1e-9)


def _figure(value: Optional[Decimal]) -> Optional[float]:
    figure = float(value) if value is not None else 0.0
    return figure if figure > 0 and figure < float("inf") else None
