"""The filter under calls of Jesse's shape.

What was read of jesse 682b171 (2026-08), jesse/strategies/Strategy.py: an entry is prepared, then every filter is called, and
one that is false ends it (611-650, 708-722, 786-810); an entry that ``update_position`` changes passes none (902-940).
"""

import logging
import unittest
from types import SimpleNamespace

from portcullis_gate import FakeGate, Gate, Limits, NotAllowed, Unreachable
from portcullis_gate.jesse import PortcullisMixin

logging.disable(logging.CRITICAL)


class Strategy:
    symbol, price, is_live = "SOL-USDT", 150.0, True

    def __init__(self):
        self.buy = self.sell = None
        self.placed = []
        self.is_long = False

    def filters(self):
        return []

    def update_position(self):
        pass

    def on_open_position(self, order):
        pass

    def on_increased_position(self, order):
        pass

    def enter(self, side, orders):
        setattr(self, side, [orders] if isinstance(orders, tuple) else orders)
        for one in self.filters():
            if not one():
                self.buy = self.sell = None
                return False
        self.is_long = side == "buy"
        self.placed.append((side, getattr(self, side)))
        return True

    def update(self):
        name = "buy" if self.is_long else "sell"
        before = list(getattr(self, name))
        self.update_position()
        now = getattr(self, name)
        if now != before:
            self.placed.append((name, now))


class Trend(PortcullisMixin, Strategy):
    def __init__(self, gate):
        super().__init__()
        self.gate = gate

    def portcullis_gate(self):
        return self.gate


def dead(error):
    def ask(order):
        raise error

    return Gate(transport=SimpleNamespace(ask=ask, result=lambda *_: None))


class Entries(unittest.TestCase):
    def test_an_entry_is_asked_for_whole(self):
        gate = FakeGate(limits=Limits(notional_usd=400))
        self.assertTrue(Trend(gate).enter("buy", [(1, 150), (1, 140)]))
        self.assertTrue(Trend(gate).enter("sell", (1, 160)))
        self.assertFalse(Trend(gate).enter("buy", (3, 150)))
        self.assertEqual([(one.symbol, one.side, one.qty, one.price) for one in gate.asked],
                         [("SOLUSDT", "BUY", 2, 145), ("SOLUSDT", "SELL", 1, 160), ("SOLUSDT", "BUY", 3, 150)])

    def test_no_failure_lets_an_entry_through(self):
        for gate in (dead(Unreachable("away")), dead(NotAllowed("x")), dead(TypeError("x")), dead(MemoryError()), SimpleNamespace()):
            strategy = Trend(gate)
            self.assertFalse(strategy.enter("buy", (1, 150)))
            self.assertEqual(strategy.placed, [])
        for orders in ([(0, 150)], [("x", 150)], [(float("nan"), 150)], [()]):
            self.assertFalse(Trend(FakeGate()).enter("buy", orders))

    def test_the_strategys_own_filters_come_first(self):
        class Own(Trend):
            passes = False

            def filters(self):
                return [self.mine, *super().filters()]

            def mine(self):
                return self.passes

        class Deeper(Own):
            def filters(self):
                return super().filters()

        for kind in (Own, Deeper):
            gate = FakeGate()
            strategy = kind(gate)
            self.assertFalse(strategy.enter("buy", (1, 150)))
            self.assertEqual(gate.asked, [])
            strategy.passes = True
            self.assertTrue(strategy.enter("buy", (1, 150)))
            self.assertEqual(len(gate.asked), 1)

    def test_an_entry_that_is_changed_later_is_asked_for_or_stays(self):
        class Adding(Trend):
            wanted = None

            def update_position(self):
                if self.wanted:
                    self.buy = self.wanted

        gate = FakeGate(limits=Limits(notional_usd=200))
        strategy = Adding(gate)
        strategy.enter("buy", (1, 150))
        strategy.update()
        self.assertEqual(len(gate.asked), 1)
        strategy.wanted = [(1, 140.0)]
        strategy.update()
        strategy.wanted = [(5, 140.0)]
        strategy.update()
        self.assertEqual(([one[1] for one in strategy.placed], strategy.buy), ([[(1, 150)], [(1, 140.0)]], [(1, 140.0)]))

    def test_a_fill_is_reported_and_a_backtest_asks_nothing(self):
        for qty, outcome in ((1.0, "filled"), (-0.4, "partly")):
            gate = FakeGate()
            strategy = Trend(gate)
            strategy.enter("buy", (1, 150))
            for _ in range(2):
                strategy.on_open_position(SimpleNamespace(qty=qty, price=151.0))
            self.assertEqual(list(gate.results.values()), [{"outcome": outcome, "qty": abs(qty), "price": 151.0}])

        class Plain(PortcullisMixin, Strategy):
            is_live = False

        self.assertTrue(Plain().enter("buy", (1, 150)))
        Plain.is_live = True
        self.assertFalse(Plain().enter("buy", (1, 150)))


if __name__ == "__main__":
    unittest.main()
