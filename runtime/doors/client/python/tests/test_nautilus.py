"""The execution algorithm under calls of NautilusTrader's shape.

What was read of nautilus_trader a95c804 (2026-07), nautilus_trader/execution/algorithm.pyx: a SubmitOrder reaches ``on_order``
(340-346), a list ``on_order_list`` (348-358), ``submit_order`` sends the primary order to the RiskEngine and wants it
INITIALIZED or RELEASED (1137-1242), a CancelOrder that is executed here cancels an order locally (360-391).
"""

import asyncio
import logging
import sys
import threading
import types
import unittest
from types import SimpleNamespace

from portcullis_gate import BadRequest, FakeGate, Gate, Limits, NotAllowed, Unreachable
from portcullis_gate.nautilus import PortcullisAlgorithm

logging.disable(logging.CRITICAL)


class CancelOrder(SimpleNamespace):
    pass


def _module(name, **content):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__dict__.update(content)


def setUpModule():
    for name in ("nautilus_trader", "nautilus_trader.core", "nautilus_trader.execution"):
        _module(name)
    _module("nautilus_trader.core.uuid", UUID4=lambda: "a-uuid")
    _module("nautilus_trader.execution.messages", CancelOrder=CancelOrder)


def tearDownModule():
    for name in [one for one in sys.modules if one.startswith("nautilus_trader")]:
        del sys.modules[name]


class ExecAlgorithm:
    def __init__(self, instruments):
        self.orders = {}
        self.cache = SimpleNamespace(instrument=instruments.get, order=self.orders.get)
        self.clock = SimpleNamespace(timestamp_ns=lambda: 1)
        self.sent = []

    def execute(self, command):
        if not isinstance(command, CancelOrder):
            raise TypeError("unrecognized")
        order = self.orders[command.client_order_id]
        order.status, order.is_closed = "CANCELED", True
        self.on_order_canceled(command)

    def submit_order(self, order):
        if order.status not in ("INITIALIZED", "RELEASED"):
            raise ValueError("order status was not either INITIALIZED or RELEASED")
        order.status = "SUBMITTED"
        self.sent.append(order.client_order_id)


class Permitted(PortcullisAlgorithm, ExecAlgorithm):
    def __init__(self, gate):
        code = lambda text: SimpleNamespace(code=text)  # noqa: E731
        perp = SimpleNamespace(base_currency=code("SOL"), quote_currency=code("USDT"), multiplier=1, is_inverse=False)
        inverse = SimpleNamespace(base_currency=code("BTC"), quote_currency=code("USD"), multiplier=100, is_inverse=True)
        super().__init__({"SOL": perp, "BTC": inverse})
        self.portcullis_gate = gate

    def order(self, id="O-1", instrument="SOL", quantity=1.0, price=150.0, reduce_only=False, buy=True):
        made = SimpleNamespace(
            client_order_id=id, instrument_id=instrument, quantity=quantity, price=price, is_reduce_only=reduce_only, is_buy=buy, status="INITIALIZED",
            is_closed=False, is_quote_quantity=False, trader_id="T", strategy_id="S", venue_order_id=None, filled_qty=0.0,
        )
        self.orders[id] = made
        return made

    def handle(self, *orders):
        """As a live node does, inside its loop; answers with the states after it."""
        async def node():
            for order in orders:
                self.on_order(order)
            while self._portcullis_state("tasks"):
                await asyncio.gather(*self._portcullis_state("tasks").values())

        asyncio.run(node())
        return [order.status for order in orders]


def dead(error):
    def ask(order):
        raise error

    return Gate(transport=SimpleNamespace(ask=ask, result=lambda *_: None))


class Asking(unittest.TestCase):
    def test_an_order_goes_on_with_its_permit_and_is_cancelled_without(self):
        gate = FakeGate(limits=Limits(notional_usd=200))
        algorithm = Permitted(gate)
        states = algorithm.handle(algorithm.order(), algorithm.order("O-2", quantity=2.0), algorithm.order("O-3", buy=False))
        self.assertEqual((states, algorithm.sent), (["SUBMITTED", "CANCELED", "SUBMITTED"], ["O-1", "O-3"]))
        one = next(one for one in gate.asked if one.plan_id == "O-1")
        self.assertEqual((one.symbol, one.side, one.qty, one.price, one.reduce_only), ("SOLUSDT", "BUY", 1, 150, False))

    def test_no_failure_sends_an_entry_and_no_answer_holds_an_exit(self):
        for error in (Unreachable("away"), BadRequest("x"), RuntimeError("mine"), MemoryError()):
            algorithm = Permitted(dead(error))
            states = algorithm.handle(algorithm.order(), algorithm.order("O-2", reduce_only=True, buy=False))
            self.assertEqual(states, ["CANCELED", "SUBMITTED"])
        algorithm = Permitted(dead(NotAllowed("token")))
        self.assertEqual(algorithm.handle(algorithm.order("O-2", reduce_only=True)), ["CANCELED"])

    def test_what_cannot_be_told_is_no_entry(self):
        algorithm = Permitted(FakeGate())
        unknown = [algorithm.order("O-1", instrument="XRP"), algorithm.order("O-2", instrument="XRP", reduce_only=True)]
        self.assertEqual(algorithm.handle(*unknown), ["CANCELED", "SUBMITTED"])

    def test_inverse_contracts_are_told_in_dollars(self):
        gate = FakeGate()
        algorithm = Permitted(gate)
        algorithm.handle(algorithm.order("O-1", "BTC", 3.0, 50_000.0), algorithm.order("O-2", "BTC", 3.0, 50_000.0, reduce_only=True))
        self.assertEqual(sorted((one.plan_id, one.qty, one.notional_usd) for one in gate.asked), [("O-1", None, 300), ("O-2", 0.006, None)])

    def test_the_loop_never_waits_and_what_was_cancelled_meanwhile_is_not_sent(self):
        gate, go = FakeGate(), threading.Event()
        plain = gate._fake.ask

        def slow(order):
            go.wait(10)
            return plain(order)

        gate._fake.ask = slow
        algorithm = Permitted(gate)
        order = algorithm.order()

        async def node():
            algorithm.on_order(order)
            self.assertEqual(order.status, "INITIALIZED")
            await asyncio.sleep(0)
            algorithm.execute(CancelOrder(client_order_id="O-1"))
            go.set()
            while algorithm._portcullis_state("tasks"):
                await asyncio.sleep(0.001)

        asyncio.run(node())
        self.assertEqual((algorithm.sent, gate.results), ([], {"O-1": {"outcome": "rejected", "error": "not sent"}}))

    def test_a_backtest_has_no_loop_and_asks_in_line(self):
        algorithm = Permitted(FakeGate())
        algorithm.on_order(algorithm.order())
        self.assertEqual(algorithm.sent, ["O-1"])

    def test_a_list_is_cancelled(self):
        algorithm = Permitted(FakeGate())
        orders = [algorithm.order(), algorithm.order("O-2", reduce_only=True)]
        algorithm.on_order_list(SimpleNamespace(id="L", orders=orders))
        self.assertEqual(([one.status for one in orders], algorithm.sent), (["CANCELED", "CANCELED"], []))

    def test_a_permit_for_less_is_given_back(self):
        gate = FakeGate()
        plain = gate._fake.ask
        gate._fake.ask = lambda order: {**plain(order), "permit": {**plain(order)["permit"], "computed_qty": 0.5}}
        algorithm = Permitted(gate)
        self.assertEqual(algorithm.handle(algorithm.order()), ["CANCELED"])
        self.assertEqual(gate.results["O-1"]["outcome"], "rejected")

    def test_what_became_of_it_is_reported_once(self):
        for filled, closed, event, outcome in ((1.0, True, "on_order_filled", "filled"), (0.4, True, "on_order_canceled", "partly"),
                                               (0.0, True, "on_order_rejected", "rejected"), (0.4, False, "on_order_filled", None)):
            gate = FakeGate()
            algorithm = Permitted(gate)
            order = algorithm.order()
            algorithm.handle(order)
            order.filled_qty, order.is_closed = filled, closed
            for _ in range(2):
                getattr(algorithm, event)(SimpleNamespace(client_order_id="O-1"))
            self.assertEqual(gate.results.get("O-1", {}).get("outcome"), outcome)
            self.assertEqual(gate.results.get("O-1", {}).get("qty"), filled if outcome in ("filled", "partly") else None)


if __name__ == "__main__":
    unittest.main()
