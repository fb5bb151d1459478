"""Against a Portcullis that runs: PORTCULLIS_URL, TREND_TOKEN, ADMIN_TOKEN and REDIS_URL say where. All of it is left out without them."""

import asyncio
import logging
import os
import threading
import unittest

import ccxt_stand_in as paper
from freqtrade_stand_in import Bot
from portcullis_gate.ccxt import Refused, gated
from test_freqtrade import Trend
from portcullis_gate import AsyncGate, BadRequest, Conflict, Gate, NotAllowed, NotPlaced, Unreachable

logging.disable(logging.CRITICAL)
URL = os.environ.get("PORTCULLIS_URL", "")
ORDER = {"qty": 0.5, "price": 100, "timeout": 5}


@unittest.skipIf(not URL, "no PORTCULLIS_URL")
class OverHttp(unittest.TestCase):
    transport = "http"

    def setUp(self):
        self.gate = self.make()
        self.admin = Gate(URL, token=os.environ["ADMIN_TOKEN"])

    def make(self):
        return Gate(URL, token=os.environ["TREND_TOKEN"])

    def test_a_permit_its_repeat_and_its_end(self):
        first = self.gate.permit("SOLUSDT", "BUY", **ORDER)
        self.assertTrue(first, first)
        self.assertEqual((first.qty, first.notional_usd, first.repeated), (0.5, 50, False))
        again = self.gate.permit("SOLUSDT", "BUY", plan_id=first.plan_id, **ORDER)
        self.assertEqual((again.repeated, again.expires_at), (True, first.expires_at))
        self.gate.give_back(first)

    def test_a_refusal_has_its_checks(self):
        denied = self.gate.permit("SOLUSDT", "BUY", qty=50, price=100, timeout=5)
        self.assertEqual(denied.reason, "notional_per_trade_exceeded")
        refused = [check for check in denied.checks if check.verdict == "refuse"]
        self.assertEqual((refused[0].gate, refused[0].value, refused[0].limit), ("notional_per_trade", 5000, 200))
        if self.transport == "http":
            self.assertEqual(denied.largest_qty, 2)
            self.assertIn("$200", denied.words)

    def test_less_is_given_where_that_is_asked_for_and_a_repeat_has_the_same(self):
        order = {"qty": 50, "price": 100, "timeout": 5, "resize": True, "min_qty": 2, "plan_id": f"{self.transport}-less"}
        first = self.gate.permit("SOLUSDT", "BUY", **order)
        self.assertTrue(first, first)
        self.assertEqual((first.qty, first.notional_usd, first.asked_qty), (2, 200, 50))
        again = self.gate.permit("SOLUSDT", "BUY", **order)
        self.assertEqual((again.qty, again.repeated), (2, True))
        denied = self.gate.permit("SOLUSDT", "BUY", qty=50, price=100, timeout=5, resize=True, min_qty=2.01)
        self.assertEqual(denied.reason, "notional_per_trade_exceeded")
        self.gate.give_back(first)

    def test_an_exchange_of_ccxt_and_a_strategy_of_freqtrade_behind_it(self):
        exchange = gated(paper.Exchange(), self.gate, timeout=5)
        exchange.resting = True
        order = exchange.create_limit_buy_order("SOL/USDT:USDT", 0.5, 100)
        exchange.cancel_order(order["id"])
        for _ in range(500):
            told = self.gate.permit("SOLUSDT", "BUY", plan_id=order["clientOrderId"], **ORDER)
            if not told:
                break
        self.assertEqual(told.reason, "permit_given_back")
        with self.assertRaises(Refused) as refused:
            exchange.create_limit_buy_order("SOL/USDT:USDT", 50, 100)
        self.assertEqual(refused.exception.denied.reason, "notional_per_trade_exceeded")
        exchange.contracts["SOL/USDT:USDT"] = 0.5
        exchange.create_market_sell_order("SOL/USDT:USDT", 0.5)
        self.assertEqual([one.get("reduceOnly") for one in exchange.created], [None, True])
        strategy = Trend(self.gate)
        strategy.portcullis_timeout = 5
        bot = Bot(strategy, stake=5000.0, rate=100.0)
        self.assertTrue(bot.enter("SOL/USDT:USDT"))
        self.assertAlmostEqual(bot.orders[0].amount, 2, delta=0.01)
        for permit in strategy._portcullis().placed.values():
            self.gate.give_back(permit)

    def test_another_order_under_an_id(self):
        first = self.gate.permit("SOLUSDT", "BUY", **ORDER)
        try:
            answer = self.gate.permit("SOLUSDT", "BUY", plan_id=first.plan_id, qty=0.6, price=100, timeout=5)
            self.assertEqual(answer.reason, "plan_id_taken")
        except Conflict:
            self.assertEqual(self.transport, "http")
        self.gate.give_back(first)

    def test_an_order_that_was_not_placed_frees_its_room(self):
        with self.assertRaises(NotPlaced), self.gate.permit("SOLUSDT", "BUY", plan_id=f"{self.transport}-free", **ORDER):
            raise NotPlaced("margin")
        for _ in range(500):
            told = self.gate.permit("SOLUSDT", "BUY", plan_id=f"{self.transport}-free", **ORDER)
            if not told:
                break
        self.assertEqual(told.reason, "permit_given_back")

    def test_the_kill_switch_refuses_exits(self):
        self.admin.kill("a test")
        try:
            self.assertEqual(self.gate.permit("SOLUSDT", "SELL", reduce_only=True, **ORDER).reason, "kill_switch_active")
        finally:
            self.admin._door.call("POST", "/v1/kill", {"state": "off", "reason": "a test"})

    def test_fifty_threads_exceed_no_cap(self):
        answers = []
        threads = [
            threading.Thread(target=lambda: answers.append(self.gate.permit("ADAUSDT", "BUY", qty=200, price=1, timeout=10)))
            for _ in range(50)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        granted = [answer for answer in answers if answer]
        self.assertEqual((len(answers), len(granted)), (50, 10))
        for permit in granted:
            self.gate.give_back(permit)

    def test_asyncio(self):
        async def ask():
            gate = AsyncGate(gate=self.gate)
            answers = await asyncio.gather(*(gate.permit("SOLUSDT", "BUY", **ORDER) for _ in range(5)))
            for answer in answers:
                await gate.give_back(answer)
            return answers

        self.assertTrue(all(asyncio.run(ask())))


@unittest.skipIf(not URL, "no PORTCULLIS_URL")
class Rights(unittest.TestCase):
    def setUp(self):
        self.gate = Gate(URL, token=os.environ["TREND_TOKEN"])
        self.admin = Gate(URL, token=os.environ["ADMIN_TOKEN"])

    def test_a_strategy_may_not_look_nor_kill(self):
        for work in (self.gate.heat, lambda: self.gate.kill("x"), lambda: self.gate.evaluate({"symbol": "SOLUSDT"})):
            with self.assertRaises(NotAllowed):
                work()

    def test_an_operator_may(self):
        self.assertIn("bucket", self.admin.heat())
        plan = {"symbol": "SOLUSDT", "action": "OPEN", "side": "BUY", "qty": "1", "price": "100"}
        self.assertEqual(self.admin.evaluate(plan)["verdict"], "PERMIT")


@unittest.skipIf(not URL, "no PORTCULLIS_URL")
class OverRedis(OverHttp):
    transport = "redis"

    def make(self):
        return Gate.over_redis(os.environ["REDIS_URL"], strategy="trend")

    def test_an_amount_that_would_be_sent_as_nothing(self):
        with self.assertRaises(BadRequest):
            self.gate.permit("SOLUSDT", "BUY", qty=1e-12, price=100)

    def test_redis_gone_places_no_entry_and_holds_no_exit(self):
        import redis

        away = Gate.over_redis(redis.Redis(port=9, socket_connect_timeout=5), strategy="trend")
        self.assertFalse(away.permit("SOLUSDT", "BUY", qty=1).answered)
        exit_ = away.permit("SOLUSDT", "SELL", qty=1, reduce_only=True)
        self.assertTrue(exit_.unanswered)
        away.result(exit_, "filled", qty=1)
        with self.assertRaises(Unreachable):
            away.kill("enough")

    def test_a_user_without_rights(self):
        import redis

        client = redis.Redis.from_url(os.environ["REDIS_URL"])
        client.acl_setuser("nobody", enabled=True, passwords=["+nobody-of-this-test"], commands=["+ping"], reset=True)
        nobody = redis.Redis.from_url(os.environ["REDIS_URL"])
        nobody.connection_pool.connection_kwargs.update(username="nobody", password="nobody-of-this-test")
        with self.assertRaises(NotAllowed):
            Gate.over_redis(nobody).permit("SOLUSDT", "SELL", qty=1, reduce_only=True)
        client.acl_deluser("nobody")


if __name__ == "__main__":
    unittest.main()
