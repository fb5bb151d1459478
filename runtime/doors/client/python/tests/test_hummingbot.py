"""Actions on both ways to an orchestrator of Hummingbot's shape.

What was read of hummingbot 2bfaccc (2026-07): a strategy hands actions to ``execute_action`` in its tick
(hummingbot/strategy/strategy_v2_base.py 313-323), controllers put lists into a queue whose reader calls ``execute_actions``
(706-721); that calls ``execute_action`` for each (hummingbot/strategy_v2/executors/executor_orchestrator.py 515-541).
"""

import asyncio
import logging
import threading
import unittest
from decimal import Decimal
from enum import Enum
from types import SimpleNamespace

from portcullis_gate import AsyncGate, FakeGate, Gate, Limits, NotAllowed, Unreachable
from portcullis_gate.hummingbot import gate_orchestrator

logging.disable(logging.CRITICAL)


class TradeType(Enum):
    BUY = 1
    SELL = 2


class PositionAction(Enum):
    OPEN = "OPEN"
    CLOSE = "CLOSE"


class Orchestrator:
    def __init__(self):
        self.created, self.stopped = [], []
        self.fails = None

    def execute_action(self, action):
        if getattr(action, "executor_config", None) is not None:
            if self.fails:
                raise self.fails
            self.created.append(action.executor_config.id)
        else:
            self.stopped.append(action.executor_id)

    def execute_actions(self, actions):
        for action in actions:
            self.execute_action(action)


def create(id="e1", type="position_executor", **more):
    config = {"trading_pair": "SOL-USDT", "side": TradeType.BUY, "amount": Decimal("1"), "entry_price": Decimal("150"), "level_id": None, **more}
    return SimpleNamespace(controller_id="main", executor_config=SimpleNamespace(id=id, type=type, **config))


def stop(id):
    return SimpleNamespace(controller_id="main", executor_id=id)


class Slow(FakeGate):
    """Answers when it is told to."""

    def __init__(self, **options):
        super().__init__(**options)
        self.go = threading.Event()

    def permit(self, *args, **named):
        self.go.wait(10)
        return super().permit(*args, **named)


def dead(error):
    def ask(order):
        raise error

    return Gate(transport=SimpleNamespace(ask=ask, result=lambda *_: None))


class Asking(unittest.TestCase):
    def run_with(self, gate, *actions, **options):
        """By both ways: in a tick, and from the queue of the controllers."""
        answers = []
        for way in ("tick", "queue"):
            orchestrator = Orchestrator()

            async def trade():
                gated = gate_orchestrator(orchestrator, gate, **options)
                if way == "tick":
                    for action in actions:
                        orchestrator.execute_action(action)
                else:
                    queue = asyncio.Queue()
                    await queue.put(list(actions))
                    orchestrator.execute_actions(await queue.get())
                await gated.settled()

            asyncio.run(trade())
            answers.append((orchestrator.created, orchestrator.stopped))
        self.assertEqual(answers[0], answers[1])
        return answers[0]

    def test_an_executor_is_created_with_a_permit_and_not_without(self):
        gate = FakeGate(limits=Limits(notional_usd=200))
        self.assertEqual(self.run_with(gate, create(), create("e2", amount=Decimal("2"), side=TradeType.SELL)), (["e1"], []))
        one = gate.asked[0]
        self.assertEqual((one.symbol, one.side, one.qty, one.price, one.reduce_only, one.plan_id), ("SOLUSDT", "BUY", 1, 150, False, "e1"))
        self.assertEqual(self.run_with(AsyncGate(gate=FakeGate(allow=False)), create()), ([], []))

    def test_no_failure_creates_one_and_a_close_waits_for_no_answer(self):
        close = create("c1", "order_executor", position_action=PositionAction.CLOSE, side=TradeType.SELL, price=None)
        for error in (Unreachable("away"), RuntimeError("mine"), MemoryError()):
            self.assertEqual(self.run_with(dead(error), create(), close), (["c1"], []))
        self.assertEqual(self.run_with(dead(NotAllowed("token")), create(), close), ([], []))
        self.assertEqual(self.run_with(FakeGate(allow=False), close), (["c1"], []))

    def test_each_type_is_told_in_its_own_size(self):
        quote = {"amount": None, "entry_price": None}
        for action, qty, notional in (
            (create("d", "dca_executor", amounts_quote=[Decimal(50), Decimal(70)], prices=[], **quote), None, 120),
            (create("g", "grid_executor", total_amount_quote=Decimal(90), **quote), None, 90),
            (create("t", "twap_executor", total_amount_quote=Decimal(80), **quote), None, 80),
            (create("o", "order_executor", price=Decimal("149"), position_action=PositionAction.OPEN), 1, None),
        ):
            gate = FakeGate()
            self.run_with(gate, action)
            self.assertEqual((gate.asked[0].qty, gate.asked[0].notional_usd), (qty, notional))

    def test_what_cannot_be_told_is_not_created_unless_it_is_listed(self):
        gate = FakeGate()
        for kind in ("xemm_executor", "arbitrage_executor", "lp_executor", "new_executor"):
            self.assertEqual(self.run_with(gate, create("x", kind)), ([], []))
            self.assertEqual(self.run_with(gate, create("x", kind), allow=(kind,)), (["x"], []))
        self.assertEqual(self.run_with(gate, create(amount=Decimal("NaN"))), ([], []))
        self.assertEqual(self.run_with(gate, create(amount=None)), ([], []))
        self.assertEqual(gate.asked, [])

    def test_stops_pass_at_once(self):
        self.assertEqual(self.run_with(FakeGate(allow=False), stop("e9")), ([], ["e9"]))

    def test_the_loop_does_not_wait_and_what_is_stopped_meanwhile_is_not_created(self):
        gate, orchestrator = Slow(), Orchestrator()

        async def trade():
            gated = gate_orchestrator(orchestrator, gate)
            orchestrator.execute_action(create("e1"))
            orchestrator.execute_action(create("again"))
            orchestrator.execute_action(create("e2", level_id="2"))
            await asyncio.sleep(0)
            self.assertEqual(orchestrator.created, [])
            orchestrator.execute_action(stop("e1"))
            gate.go.set()
            await gated.settled()

        asyncio.run(trade())
        self.assertEqual((orchestrator.created, orchestrator.stopped), (["e2"], []))
        self.assertEqual(gate.results, {"e1": {"outcome": "rejected", "error": "not created"}})

    def test_without_a_loop_it_asks_in_line_and_a_failed_creation_frees_the_room(self):
        gate, orchestrator = FakeGate(), Orchestrator()
        gate_orchestrator(orchestrator, gate)
        orchestrator.execute_actions([create("e1")])
        orchestrator.fails = ValueError("unsupported")
        with self.assertRaises(ValueError):
            orchestrator.execute_actions([create("e2")])
        self.assertEqual((orchestrator.created, set(gate.results)), (["e1"], {"e2"}))


if __name__ == "__main__":
    unittest.main()
