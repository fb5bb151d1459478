"""The freqtrade mixin under freqtrade's own way of calling: its traps, one by one."""

import logging
import pickle
import random
import threading
import unittest
from enum import Enum

from freqtrade_stand_in import Bot, IStrategy, StrategyError
from portcullis_gate import BadRequest, FakeGate, Gate, Limits, NotAllowed, NoVerdict, Unreachable
from portcullis_gate.freqtrade import PortcullisMixin

logging.disable(logging.CRITICAL)
PAIR = "SOL/USDT:USDT"


class RunMode(Enum):
    LIVE = "live"
    BACKTEST = "backtest"


class Trend(PortcullisMixin, IStrategy):
    def __init__(self, gate, mode=RunMode.LIVE):
        super().__init__({"runmode": mode})
        self.gate = gate

    def portcullis_gate(self):
        return self.gate


class Broken:
    """A gate's transport that fails in one way."""

    def __init__(self, error):
        self.error = error

    def ask(self, order):
        raise self.error

    def result(self, *_):
        raise self.error

    give_back = result


def dead(error=None):
    return Gate(transport=Broken(error or Unreachable("away")))


def small(usd):
    """A gate that lets an order of so many dollars pass."""
    return FakeGate(limits=Limits(notional_usd=usd))


def held(gate, **options):
    """A bot with one filled trade of 1 SOL."""
    strategy = Trend(gate, **options)
    bot = Bot(strategy)
    trade = bot.enter()
    bot.fill(trade, trade.orders[0])
    return strategy, bot, trade


def bot_trade():
    """A trade of before the gate was there."""
    return Bot(IStrategy({})).enter()


class Entries(unittest.TestCase):
    def test_an_entry_is_asked_for_once_placed_and_reported(self):
        gate = FakeGate()
        _, bot, trade = held(gate)
        self.assertEqual([(one.symbol, one.side, one.qty, one.price, one.reduce_only) for one in gate.asked], [("SOLUSDT", "BUY", 1, 150, False)])
        self.assertEqual(gate.results, {gate.asked[0].plan_id: {"outcome": "filled", "qty": 1.0, "price": 150.0}})
        short = FakeGate()
        self.assertTrue(Bot(Trend(short)).enter(short=True, leverage=3.0))
        self.assertEqual((short.asked[0].side, short.asked[0].qty), ("SELL", 3.0))

    def test_no_failure_lets_an_entry_through(self):
        class Panic(BaseException):
            pass

        for error in (
            Unreachable("away"), NoVerdict("late"), NotAllowed("token"), BadRequest("x"), ValueError("x"), RuntimeError("x"), Panic("x"),
            MemoryError(), GeneratorExit(),
        ):
            bot = Bot(Trend(dead(error)))
            with self.subTest(error):
                self.assertFalse(bot.enter())
                self.assertEqual(bot.orders, [])

    def test_what_ends_the_bot_ends_it_and_places_nothing(self):
        for error in (KeyboardInterrupt(), SystemExit()):
            bot = Bot(Trend(dead(error)))
            with self.assertRaises(type(error)):
                bot.enter()
            self.assertEqual(bot.orders, [])

    def test_without_settings_nothing_is_placed(self):
        class Plain(PortcullisMixin, IStrategy):
            pass

        bot = Bot(Plain({"runmode": RunMode.LIVE}))
        self.assertFalse(bot.enter())
        self.assertFalse(Bot(Plain({})).enter())
        trade = bot.execute_entry(PAIR, 150.0, trade=bot_trade(), mode="pos_adjust")
        bot.fill(trade, trade.orders[0])
        self.assertTrue(bot.exit(trade))

    def test_a_callback_of_the_strategy_does_not_take_the_gate_away(self):
        class Own(Trend):
            confirms, raises = True, None

            def confirm_trade_entry(self, pair, order_type, amount, rate, time_in_force, current_time, entry_tag, side, **kwargs):
                if self.raises:
                    raise self.raises
                return self.confirms and super().confirm_trade_entry(
                    pair, order_type, amount, rate, time_in_force, current_time, entry_tag, side, **kwargs)

        class Deeper(Own):
            pass

        for kind in (Own, Deeper):
            denied, gate = FakeGate(allow=False), FakeGate()
            self.assertFalse(Bot(kind(denied)).enter())
            strategy = kind(gate)
            self.assertTrue(Bot(strategy).enter())
            self.assertEqual(len(gate.asked), 1)
            strategy.raises = RuntimeError("mine")
            self.assertFalse(Bot(strategy).enter())
            strategy.raises, strategy.confirms = None, False
            self.assertFalse(Bot(strategy).enter())
            self.assertEqual([one["outcome"] for one in gate.results.values()], ["rejected", "rejected"])

    def test_a_stake_is_cut_to_what_passes_and_confirmed_with_that_permit(self):
        gate = small(180)
        bot = Bot(Trend(gate), stake=600.0)
        self.assertTrue(bot.enter())
        self.assertAlmostEqual(bot.orders[0].amount, 1.2)
        self.assertEqual([(one.qty, one.resize, one.min_qty) for one in gate.asked], [(4.0, True, 10 / 150)])
        self.assertEqual(gate.results, {})

    def test_a_stake_is_cut_down_to_the_least_and_no_further(self):
        for usd, least, passes in ((180, 180.0, True), (179.99, 180.0, False), (0.01, 10.0, False), (1, 0.0, True)):
            with self.subTest(usd):
                gate = small(usd)
                bot = Bot(Trend(gate), stake=600.0, min_stake=least)
                self.assertEqual(bool(bot.enter()), passes)
                self.assertEqual(len(gate.asked), 1)

    def test_a_stake_at_the_least_asks_for_no_more_than_itself(self):
        gate = FakeGate()
        self.assertTrue(Bot(Trend(gate), stake=70.7, min_stake=70.7, rate=0.0123).enter(leverage=3.0))
        self.assertLessEqual(gate.asked[0].min_qty, gate.asked[0].qty)

    def test_a_strategy_that_wants_the_whole_stake_is_not_resized(self):
        class Whole(Trend):
            portcullis_resize = False

        gate = small(180)
        self.assertFalse(Bot(Whole(gate), stake=600.0).enter())
        self.assertEqual([(one.resize, one.min_qty) for one in gate.asked], [(False, None)])

    def test_a_stake_that_freqtrade_raises_is_asked_for_as_it_will_be(self):
        gate = FakeGate()
        bot = Bot(Trend(gate), stake=150.0, min_stake=180.0)
        self.assertTrue(bot.enter())
        self.assertEqual(([one.qty for one in gate.asked], bot.orders[0].amount), ([1.2], 1.2))
        gate = FakeGate()
        bot = Bot(Trend(gate), stake=100.0, min_stake=180.0)
        self.assertFalse(bot.enter())
        self.assertEqual(gate.asked, [])

    def test_more_than_was_permitted_is_not_confirmed(self):
        gate = FakeGate(limits=Limits(notional_usd=200))
        strategy = Trend(gate)
        said = dict(pair=PAIR, order_type="limit", rate=150.0, time_in_force="GTC", current_time=None, entry_tag=None, side="long")
        strategy.custom_stake_amount(pair=PAIR, current_time=None, current_rate=150.0, proposed_stake=150.0, min_stake=10, max_stake=1000,
                                     leverage=1.0, entry_tag=None, side="long")
        self.assertFalse(strategy.confirm_trade_entry(amount=2.0, **said))
        self.assertEqual([one["outcome"] for one in gate.results.values()], ["rejected"])
        self.assertTrue(strategy.confirm_trade_entry(amount=1.0, **said))

    def test_a_permit_that_no_order_followed_is_given_back(self):
        gate = FakeGate()
        strategy = Trend(gate)
        for _ in range(2):
            strategy.custom_stake_amount(pair=PAIR, current_time=None, current_rate=150.0, proposed_stake=150.0, min_stake=10, max_stake=1000,
                                         leverage=1.0, entry_tag=None, side="long")
        self.assertEqual(gate.results, {gate.asked[0].plan_id: {"outcome": "rejected", "error": "given back"}})


class More(unittest.TestCase):
    def adjusting(self, gate, stake):
        class Adjusting(Trend):
            def adjust_trade_position(self, trade, current_time, current_rate, current_profit, min_stake, max_stake, **kwargs):
                return stake

        return held_by(Adjusting(gate))

    def test_an_adjustment_is_asked_for_though_freqtrade_confirms_none(self):
        for stake in (150.0, (150.0, "dca")):
            gate = FakeGate()
            bot, trade = self.adjusting(gate, stake)
            self.assertTrue(bot.adjust(trade))
            self.assertEqual([one.qty for one in gate.asked], [1.0, 1.0])
            bot.fill(trade, trade.orders[-1])
            self.assertEqual(len(gate.results), 2)
            gate._fake.allow = False
            bot.adjust(trade)
            self.assertEqual(len(bot.orders), 2)

    def test_an_adjustment_without_an_answer_places_nothing(self):
        for error in (Unreachable("away"), NoVerdict("late"), NotAllowed("x"), RuntimeError("x")):
            gate = FakeGate()
            bot, trade = self.adjusting(gate, 150.0)
            gate._fake.ask = Broken(error).ask
            bot.adjust(trade)
            self.assertEqual(len(bot.orders), 1)

    def test_an_adjustment_is_cut_and_one_that_freqtrade_drops_is_not_asked_for(self):
        gate = small(180)
        bot, trade = self.adjusting(gate, (600.0, "dca"))
        bot.adjust(trade)
        self.assertAlmostEqual(bot.orders[-1].amount, 1.2)
        gate = FakeGate()
        bot, trade = self.adjusting(gate, 150.0)
        bot.strategy.max_entry_position_adjustment = 0
        self.assertIsNone(bot.adjust(trade))
        self.assertEqual(len(gate.asked), 1)

    def test_a_partial_exit_is_asked_for_as_an_exit(self):
        gate = FakeGate()
        bot, trade = self.adjusting(gate, -75.0)
        bot.adjust(trade)
        self.assertEqual((gate.asked[-1].side, gate.asked[-1].qty, gate.asked[-1].reduce_only), ("SELL", 0.5, True))
        gate.kill("enough")
        bot.adjust(trade)
        self.assertEqual(len(bot.orders), 2)
        gate = FakeGate()
        bot, trade = self.adjusting(gate, -75.0)
        gate._fake.ask = Broken(Unreachable("away")).ask
        bot.adjust(trade)
        self.assertEqual(len(bot.orders), 2)

    def test_a_replaced_entry_is_asked_for_and_stays_without_a_permit(self):
        class Chasing(Trend):
            wanted = 149.0

            def adjust_entry_price(self, trade, order, pair, current_time, proposed_rate, current_order_rate, entry_tag, side, **kwargs):
                return self.wanted

        for gate, then, placed in (
            (FakeGate(), None, 2), (FakeGate(), FakeGate(allow=False), 1), (FakeGate(), dead(), 1), (FakeGate(), dead(NotAllowed("x")), 1),
        ):
            strategy = Chasing(gate)
            bot = Bot(strategy)
            trade = bot.enter()
            if then is not None:
                strategy._portcullis().gate = then
            bot.replace(trade, bot.orders[0])
            self.assertEqual((len(bot.orders), bot.orders[0].status), (placed, "canceled" if placed == 2 else "open"))
            if placed == 2:
                self.assertLessEqual(bot.orders[1].amount, gate.asked[-1].qty * (1 + 1e-9))
        strategy = Chasing(gate)
        bot = Bot(strategy)
        trade = bot.enter()
        asked = len(gate.asked)
        for strategy.wanted in (None, 150.0):
            bot.replace(trade, bot.orders[0])
        self.assertEqual(len(gate.asked), asked)


def held_by(strategy):
    bot = Bot(strategy)
    trade = bot.enter()
    bot.fill(trade, trade.orders[0])
    return bot, trade


class Exits(unittest.TestCase):
    def test_an_exit_is_asked_for_and_reported(self):
        gate = FakeGate()
        _, bot, trade = held(gate)
        order = bot.exit(trade)
        bot.fill(trade, order)
        self.assertEqual((gate.asked[-1].side, gate.asked[-1].qty, gate.asked[-1].reduce_only), ("SELL", 1.0, True))
        self.assertEqual(gate.results[gate.asked[-1].plan_id]["outcome"], "filled")

    def test_no_answer_holds_no_exit(self):
        for error in (Unreachable("away"), NoVerdict("late"), BadRequest("x"), RuntimeError("mine"), MemoryError()):
            gate = FakeGate()
            strategy, bot, trade = held(gate)
            strategy._portcullis().gate = dead(error)
            with self.subTest(error):
                order = bot.exit(trade)
                self.assertTrue(order)
                bot.fill(trade, order)

    def test_a_refusal_and_a_token_that_may_not_hold_it(self):
        gate = FakeGate()
        strategy, bot, trade = held(gate)
        gate.kill("enough")
        self.assertFalse(bot.exit(trade))
        strategy._portcullis().gate = dead(NotAllowed("token"))
        self.assertFalse(bot.exit(trade))

    def test_liquidations_and_parts_by_hand_are_never_asked_for_and_never_held(self):
        gate = FakeGate()
        _, bot, trade = held(gate)
        gate.kill("enough")
        self.assertTrue(bot.exit(trade, "liquidation"))
        self.assertTrue(bot.exit(trade, "emergency_exit", part=0.5))
        self.assertEqual(len(gate.asked), 1)


class Fills(unittest.TestCase):
    def test_an_entry_that_was_never_asked_for_is_told_of(self):
        gate = FakeGate()
        _, bot, trade = held(gate)
        forced = bot.execute_entry(PAIR, 150.0, price=150.0, trade=trade, mode="pos_adjust")
        bot.fill(forced, forced.orders[-1])
        self.assertEqual(len(gate.asked), 1)
        (plan_id,) = set(gate.results) - {gate.asked[0].plan_id}
        self.assertEqual(gate.results[plan_id], {"outcome": "filled", "qty": 1.0, "price": 150.0})

    def test_a_report_that_fails_ends_nothing_and_part_of_an_order_is_part(self):
        gate = FakeGate()
        strategy = Trend(gate)
        bot = Bot(strategy)
        trade = bot.enter()
        bot.fill(trade, trade.orders[0], filled=0.4)
        self.assertEqual([one["outcome"] for one in gate.results.values()], ["partly"])
        strategy._portcullis().gate = dead()
        bot.fill(trade, bot.create_order(PAIR, "buy", 1.0, 150.0, False))

    def test_what_the_strategys_own_callback_raises_is_freqtrades(self):
        class Own(Trend):
            def order_filled(self, pair, trade, order, current_time, **kwargs):
                raise ValueError("mine")

        bot = Bot(Own(FakeGate()))
        trade = bot.enter()
        with self.assertRaises(StrategyError):
            bot.fill(trade, trade.orders[0])


class Modes(unittest.TestCase):
    def test_a_backtest_asks_nothing_unless_it_is_given_a_gate(self):
        gate = FakeGate(allow=False)
        strategy = Trend(gate, mode=RunMode.BACKTEST)
        self.assertTrue(Bot(strategy).enter())
        self.assertEqual(gate.asked, [])

        class Tested(Trend):
            def portcullis_backtest_gate(self):
                return gate

        self.assertFalse(Bot(Tested(None, mode=RunMode.BACKTEST)).enter())

    def test_a_strategy_can_still_be_copied_to_other_processes(self):
        strategy = Trend(None)
        strategy._portcullis()
        strategy.__dict__["_portcullis_desk"].lock = threading.Lock()
        self.assertNotIn("_portcullis_desk", pickle.loads(pickle.dumps(strategy)).__dict__)

    def test_whatever_happens_no_entry_without_a_permit_and_no_exit_held_for_want_of_an_answer(self):
        for seed in range(300):
            pick = random.Random(seed)
            gate = FakeGate()
            plain = gate._fake.ask
            state = {"granted": 0, "answer": "yes"}

            def ask(order, plain=plain, state=state):
                if state["answer"] == "slow":
                    raise NoVerdict("late")
                if state["answer"] == "dead":
                    raise Unreachable("away")
                if state["answer"] == "no" and not order.reduce_only:
                    return {"plan_id": order.plan_id, "granted": False, "reason": "disarmed", "checks": []}
                state["granted"] += not order.reduce_only
                return plain(order)

            gate._fake.ask = ask

            class Wild(Trend):
                def adjust_trade_position(self, trade, current_time, current_rate, current_profit, min_stake, max_stake, **kwargs):
                    return pick.choice((None, 150.0, -15.0, (50.0, "dca")))

                def adjust_entry_price(self, trade, order, pair, current_time, proposed_rate, current_order_rate, entry_tag, side, **kwargs):
                    return pick.choice((current_order_rate, 149.0, 151.0, None))

            bot, trade = Bot(Wild(gate)), None
            for _ in range(20):
                state["answer"] = pick.choice(("yes", "no", "slow", "dead"))
                opened = sum(not one.reduce_only for one in bot.orders)
                state["granted"] = 0
                step = pick.choice(("enter", "adjust", "replace", "fill", "exit"))
                if step == "enter" and not trade:
                    trade = bot.enter() or None
                elif trade and step == "adjust" and trade.amount:
                    bot.adjust(trade)
                elif trade and step == "replace" and trade.orders[-1].status == "open":
                    bot.replace(trade, trade.orders[-1])
                elif trade and step == "fill" and trade.orders[-1].status == "open":
                    bot.fill(trade, trade.orders[-1])
                elif trade and step == "exit" and trade.amount:
                    self.assertTrue(bot.exit(trade), (seed, state))
                placed = sum(not one.reduce_only for one in bot.orders) - opened
                self.assertLessEqual(placed, state["granted"], (seed, step, state))


if __name__ == "__main__":
    unittest.main()
