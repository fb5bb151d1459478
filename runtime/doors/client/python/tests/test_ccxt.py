"""An exchange of ccxt's shape behind the gate, sync and asyncio."""

import asyncio
import copy
import inspect
import logging
import unittest

import ccxt_stand_in as paper
from portcullis_gate import AsyncGate, BadRequest, FakeGate, Limits, NotAllowed, Unreachable
from portcullis_gate.ccxt import NotGated, Refused, gated
from portcullis_gate.ccxt.methods import _CREATE, _EDIT, known

logging.disable(logging.CRITICAL)
SWAP, SPOT = "SOL/USDT:USDT", "SOL/USDT"
# For every method that is gated: arguments with which it opens 1 SOL.
ARGUMENTS = {
    "symbol": SWAP, "type": "limit", "side": "buy", "amount": 1, "price": 150, "cost": 150, "triggerPrice": 151, "trailingAmount": 1,
    "trailingPercent": 1, "trailingTriggerPrice": 150, "takeProfit": {"triggerPrice": 160}, "stopLoss": {"triggerPrice": 140}, "duration": 60,
    "stopLossPrice": 140, "takeProfitPrice": 160,
}


class Dead:
    """A gate's transport that gives no answer."""

    def ask(self, order):
        raise Unreachable("away")

    def result(self, *_):
        raise Unreachable("away")


class Sync(unittest.TestCase):
    kind = paper.Exchange

    def setUp(self):
        self.start()

    def start(self, gate=None, **options):
        self.gate = FakeGate() if gate is None else gate
        self.paper = self.kind()
        self.exchange = gated(self.paper, self.gate, **options)

    def call(self, name, *args, **named):
        answer = getattr(self.exchange, name)(*args, **named)
        return asyncio.run(self._wait(answer)) if inspect.isawaitable(answer) else answer

    async def _wait(self, answer):
        return await answer

    def asked(self):
        return [(one.side, one.qty, one.notional_usd, one.price, one.reduce_only) for one in self.gate.asked]

    def held(self, symbol, contracts):
        self.paper.contracts[symbol] = contracts

    def test_an_order_is_asked_for_and_placed_with_its_plan_id(self):
        order = self.call("create_order", SWAP, "limit", "buy", 1, 150, {"timeInForce": "GTC"})
        self.assertEqual(self.asked(), [("BUY", 1, None, 150, False)])
        asked, (sent,) = self.gate.asked[0], self.paper.created
        self.assertEqual((asked.symbol, order["clientOrderId"]), ("SOLUSDT", asked.plan_id))
        self.assertEqual((sent["timeInForce"], "reduceOnly" in sent), ("GTC", False))
        self.assertEqual(self.gate.results[asked.plan_id], {"outcome": "filled", "qty": 1.0, "price": 150.0})

    def test_every_method_that_places_an_order_is_gated_in_both_spellings_and_over_websocket(self):
        forms = {**_CREATE, **_EDIT}
        for name in known():
            head, *rest = name.split("_")
            camel = head + "".join(word.capitalize() for word in rest)
            one_order = name in forms
            for spelling in (name, camel, *((f"{name}_ws", f"{camel}Ws") if one_order else ())):
                self.start(FakeGate(allow=False))
                self.paper.resting = True
                self.paper.orders["7"] = {"id": "7", "clientOrderId": "c7", "amount": 1}
                values = {**ARGUMENTS, "id": "7", "clientOrderId": "c7"}
                if one_order:
                    args = [values[argument] for argument in forms[name].arguments]
                elif name.startswith("close"):
                    continue
                else:
                    args = [[{**{key: values[key] for key in ("symbol", "type", "side", "amount", "price")}, "id": "7"}]]
                with self.subTest(spelling):
                    if name in ("create_reduce_only_order", "create_stop_loss_order", "create_take_profit_order"):
                        self.call(spelling, *args)
                        self.assertEqual([one["reduceOnly"] for one in self.paper.created], [True])
                        self.assertTrue(self.gate.asked[0].reduce_only)
                    else:
                        with self.assertRaises(Refused):
                            self.call(spelling, *args)
                        self.assertEqual((self.paper.created, len(self.gate.asked)), ([], 1))
                    self.assertEqual((self.gate.asked[0].qty or self.gate.asked[0].notional_usd) in (1, 150), True)

    def test_arguments_by_name_and_wrong_ones(self):
        self.call("create_market_buy_order", amount=1, symbol=SWAP, params={"test": 1})
        self.assertEqual(self.asked(), [("BUY", 1, None, 150, False)])
        wrong = [
            ([SWAP, "limit", "buy", 1, 150, {}, 7], {}), ([SWAP, "limit", "buy", 1], {"size": 2}), ([SWAP, "limit", "up", 1, 150], {}),
            ([SWAP, "limit", "buy", 0, 150], {}), ([SWAP, "limit", "buy", -1, 150], {}), ([SWAP, "limit", "buy", float("nan"), 150], {}),
            ([SWAP, "limit", "buy", None, 150], {}), ([SWAP, "limit", "buy", "x", 150], {}), ([SWAP, "limit", "buy", True, 150], {}),
            ([SWAP, "limit", "buy", 1, 150, {"quantity": 100}], {}), ([SWAP, "market", "buy", 1, None, {"cost": 5000}], {}),
            ([SWAP, "limit", "buy", 1, 150, {"symbol": "BTCUSDT"}], {}), ([SPOT, "market", "buy", 1, None, {"quoteOrderQty": 900}], {}),
        ]
        for args, named in wrong:
            with self.subTest(args), self.assertRaises(BadRequest):
                self.call("create_order", *args, **named)
        self.assertEqual((len(self.paper.created), len(self.gate.asked)), (1, 1))

    def test_implicit_and_raw_methods_are_refused_unless_listed(self):
        refused = (
            "privatePostOrder", "private_post_order", "privatePutOrder", "privateDeleteOrder", "private_get_buy", "privateGetBuy",
            "sapi_post_margin_order", "request", "fetch2",
        )
        for name in refused:
            with self.subTest(name), self.assertRaises(NotGated):
                getattr(self.exchange, name)({"symbol": "SOLUSDT"})
        self.assertEqual(self.paper.calls, [])
        self.exchange.publicGetTime()
        self.start(allow=["privateDeleteOrder"])
        self.exchange.private_delete_order({})
        self.exchange.privateDeleteOrder({})
        self.assertEqual(len(self.paper.calls), 2)
        with self.assertRaises(NotGated):
            self.exchange.privatePostOrder({})

    def test_what_places_no_order_is_the_exchanges_own(self):
        self.call("load_markets")
        self.assertEqual(self.exchange.markets, paper.MARKETS)
        self.assertEqual(self.call("fetch_ticker", SWAP)["last"], 150)
        self.exchange.resting = True
        self.assertTrue(self.paper.resting)
        order = self.call("create_limit_buy_order", SWAP, 1, 150)
        self.start(FakeGate(allow=False))
        self.paper.orders["1"] = order
        self.call("cancel_order", "1", SWAP)
        self.assertEqual((self.paper.calls, self.gate.asked), ([("cancel", "1")], []))

    def test_reduce_only_is_a_close_and_the_exchange_is_told(self):
        self.start(FakeGate(allow=False))
        for params in ({"reduceOnly": True}, {"reduceOnly": "true"}, {"reduce_only": True}):
            self.call("create_order", SWAP, "market", "sell", 1, None, params)
            self.assertEqual((self.paper.created[-1]["reduceOnly"], "reduce_only" in self.paper.created[-1]), (True, False))
        self.assertTrue(all(one.reduce_only for one in self.gate.asked))

    def test_an_order_that_closes_what_is_held_is_a_close(self):
        self.start(FakeGate(allow=False))
        self.held(SWAP, 2.0)
        self.call("create_market_sell_order", SWAP, 2)
        self.assertEqual((self.gate.asked[-1].reduce_only, self.paper.created[-1]["reduceOnly"]), (True, True))
        for side, amount, held in (("sell", 2.1, 2.0), ("buy", 1, 2.0), ("sell", 1, -2.0), ("sell", 1, 0.0)):
            self.held(SWAP, held)
            with self.subTest((side, amount, held)), self.assertRaises(Refused):
                self.call("create_order", SWAP, "market", side, amount)
        self.held(SWAP, 2.0)
        self.paper.failing["fetch_positions"] = paper.RequestTimeout("slow")
        with self.assertRaises(Refused):
            self.call("create_market_sell_order", SWAP, 1)
        self.assertEqual(len(self.paper.created), 1)

    def test_orders_that_the_exchange_lets_only_close_say_no_reduce_only(self):
        self.start(FakeGate(allow=False))
        self.held(SWAP, 2.0)
        self.call("create_order", SWAP, "STOP_MARKET", "sell", None, None, {"stopPrice": 140, "closePosition": True})
        self.assertEqual((self.gate.asked[-1].qty, self.paper.created[-1]["amount"]), (2, None))
        for params in ({"positionSide": "LONG"}, {"posSide": "long"}, {"positionIdx": 1}):
            self.call("create_order", SWAP, "market", "sell", 1, None, params)
        self.assertTrue(all(one.reduce_only for one in self.gate.asked))
        self.assertFalse(any("reduceOnly" in one for one in self.paper.created))
        with self.assertRaises(Refused):
            self.call("create_order", SWAP, "market", "sell", 1, None, {"positionSide": "SHORT"})

    def test_on_spot_a_sell_up_to_the_balance_is_a_close(self):
        self.start(FakeGate(allow=False))
        self.call("create_market_sell_order", SPOT, 2)
        self.assertEqual((self.gate.asked[-1].reduce_only, "reduceOnly" in self.paper.created[-1]), (True, False))
        for side, amount, params in (("sell", 2.001, {}), ("buy", 1, {}), ("sell", 1, {"marginMode": "cross"})):
            with self.subTest(params), self.assertRaises(Refused):
                self.call("create_order", SPOT, "market", side, amount, None, params)
        with self.assertRaises(BadRequest):
            self.call("create_order", SPOT, "market", "sell", 1, None, {"reduceOnly": True})
        self.paper.failing["fetch_balance"] = paper.RequestTimeout("slow")
        with self.assertRaises(Refused):
            self.call("create_market_sell_order", SPOT, 1)
        self.assertEqual(len(self.paper.created), 1)

    def test_sizes_are_told_in_the_base_asset_or_dollars(self):
        self.call("create_limit_buy_order", "DOGE/USDT:USDT", 3, 0.1)
        self.call("create_limit_buy_order", "BTC/USD:BTC", 3, 50_000)
        self.call("create_reduce_only_order", "BTC/USD:BTC", "limit", "sell", 3, 50_000)
        self.call("create_market_buy_order_with_cost", SPOT, 75)
        self.call("create_limit_buy_order", "ETH/BTC", 2, 0.04)
        self.call("create_market_buy_order", SWAP, 1)
        self.call("create_stop_market_order", SWAP, "buy", 1, 170)
        self.assertEqual(self.asked(), [
            ("BUY", 300, None, 0.1, False), ("BUY", None, 300, 50_000, False), ("SELL", 0.006, None, 50_000, True), ("BUY", None, 75, 150, False),
            ("BUY", 2, None, None, False), ("BUY", 1, None, 150, False), ("BUY", 1, None, 170, False),
        ])
        symbols = [one.symbol for one in self.gate.asked]
        self.assertEqual(symbols, ["DOGEUSDT", "BTCUSD", "BTCUSD", "SOLUSDT", "ETHBTC", "SOLUSDT", "SOLUSDT"])
        self.call("create_market_buy_order", "SOL/USDT:USDT-261225", 1)
        self.assertEqual(self.gate.asked[-1].symbol, "SOLUSDT_261225")

    def test_an_amount_that_is_a_cost_is_asked_for_as_one(self):
        self.paper.options["createMarketBuyOrderRequiresPrice"] = False
        self.call("create_market_buy_order", SPOT, 75)
        self.assertEqual((self.asked()[-1], self.paper.created[-1]["amount"]), (("BUY", None, 75, 150, False), 75))

    def test_less_is_sent_where_less_is_permitted(self):
        for name, args, ask, sent in (
            ("create_order", (SWAP, "limit", "buy", 2, 150), "computed_qty", 0.667), ("create_market_buy_order_with_cost", (SPOT, 100), "computed_notional", 50),
        ):
            self.start()
            answer = self.gate._door.ask

            def less(order):
                full = answer(order)
                return {**full, "permit": {**full["permit"], ask: full["permit"][ask] / 3 if name == "create_order" else 50}}

            self.gate._door.ask = less
            self.call(name, *args)
            self.assertAlmostEqual(self.paper.created[0]["amount"], sent, delta=0.0011)

    def test_a_refused_order_is_not_sent_and_says_why(self):
        self.start(FakeGate(limits=Limits(notional_usd=200)))
        with self.assertRaises(Refused) as refused:
            self.call("create_limit_buy_order", SWAP, 2, 150)
        self.assertEqual((refused.exception.denied.reason, self.paper.created), ("notional_per_trade_exceeded", []))

    def test_without_an_answer_entries_are_not_sent_and_exits_are(self):
        from portcullis_gate import Gate
        self.start(Gate(transport=Dead()))
        with self.assertRaises(Refused) as refused:
            self.call("create_market_buy_order", SWAP, 1)
        self.assertFalse(refused.exception.denied.answered)
        self.held(SWAP, 2.0)
        self.call("create_market_sell_order", SWAP, 1)
        self.call("create_order", SWAP, "market", "sell", 1, None, {"reduceOnly": True})
        self.call("create_market_sell_order", SPOT, 1)
        self.assertEqual([one.get("reduceOnly") for one in self.paper.created], [True, True, None])

    def test_a_kill_holds_exits_and_a_token_that_may_not_places_nothing(self):
        self.gate.kill("enough")
        with self.assertRaises(Refused):
            self.call("create_order", SWAP, "market", "sell", 1, None, {"reduceOnly": True})

        def not_allowed(order):
            raise NotAllowed("wrong token")

        self.gate._door.ask = not_allowed
        with self.assertRaises(NotAllowed):
            self.call("create_order", SWAP, "market", "sell", 1, None, {"reduceOnly": True})
        self.assertEqual(self.paper.created, [])

    def test_only_an_error_that_proves_it_frees_the_room(self):
        for error, freed in (
            (paper.InsufficientFunds("margin"), True), (paper.InvalidOrder("step"), True), (paper.DuplicateOrderId("x"), False),
            (paper.RequestTimeout("slow"), False), (paper.ExchangeError("?"), False), (OSError("cut"), False),
        ):
            self.start()
            self.paper.failing["create_order"] = error
            with self.subTest(error), self.assertRaises(type(error)):
                self.call("create_order", SWAP, "limit", "buy", 1, 150)
            self.assertEqual([one["outcome"] for one in self.gate.results.values()], ["rejected"] if freed else [])

    def test_one_client_order_id_is_one_order(self):
        self.paper.resting = True
        self.call("create_order", SWAP, "limit", "buy", 1, 150, {"clientOrderId": "mine"})
        self.assertEqual((self.gate.asked[0].plan_id, self.paper.created[0]["clientOrderId"]), ("mine", "mine"))
        with self.assertRaises(paper.DuplicateOrderId):
            self.call("create_order", SWAP, "limit", "buy", 1, 150, {"clientOrderId": "mine"})
        self.assertEqual(([one.plan_id for one in self.gate.asked], len(self.paper.orders)), (["mine", "mine"], 1))
        self.call("create_order", SWAP, "limit", "buy", 1, 150, {"newClientOrderId": "other"})
        self.assertEqual((self.gate.asked[-1].plan_id, "clientOrderId" in self.paper.created[-1]), ("other", False))
        copy.copy(self.exchange).cancel_order
        self.start(client_order_id=lambda plan: f"0x{plan}")
        self.call("create_order", SWAP, "limit", "buy", 1, 150)
        self.assertEqual(self.paper.created[0]["clientOrderId"], f"0x{self.gate.asked[0].plan_id}")

    def test_an_order_that_was_filled_has_no_permit_for_another_under_its_id(self):
        self.call("create_order", SWAP, "limit", "buy", 1, 150, {"clientOrderId": "mine"})
        with self.assertRaises(Refused) as refused:
            self.call("create_order", SWAP, "limit", "buy", 1, 150, {"clientOrderId": "mine"})
        self.assertEqual((refused.exception.denied.reason, len(self.paper.created)), ("permit_used", 1))

    def test_fills_are_reported_from_whatever_tells_of_them(self):
        for name, args in (("fetch_order", ("1", SWAP)), ("watch_orders", ()), ("cancel_order", ("1", SWAP))):
            for filled, outcome in ((0.0, "rejected"), (0.4, "partly"), (1.0, "filled")):
                self.start()
                self.paper.resting = True
                self.call("create_limit_buy_order", SWAP, 1, 150)
                plan_id = self.gate.asked[0].plan_id
                self.call("fetch_order", "1", SWAP)
                self.assertEqual(self.gate.results, {})
                self.paper.fill("1", filled, 149.0)
                if name == "cancel_order" or filled < 1:
                    self.paper.orders["1"]["status"] = "canceled"
                self.call(name, *args)
                expected = "partly" if name == "cancel_order" and filled == 1 else outcome
                with self.subTest((name, filled)):
                    self.assertEqual(self.gate.results[plan_id]["outcome"], expected)
                    self.assertEqual(self.gate.results[plan_id].get("qty"), filled or None)
        self.start()
        self.paper.quiet = True
        self.call("create_limit_buy_order", SWAP, 1, 150)
        self.assertEqual([one["outcome"] for one in self.gate.results.values()], ["filled"])

    def test_a_report_that_fails_hides_no_order(self):
        self.gate._door.result = Dead().result
        self.assertEqual(self.call("create_limit_buy_order", SWAP, 1, 150)["status"], "closed")

    def test_of_a_list_those_are_sent_that_have_a_permit(self):
        self.start(FakeGate(limits=Limits(notional_usd=200)))
        orders = [
            {"symbol": SWAP, "type": "limit", "side": "buy", "amount": amount, "price": 150, "params": params}
            for amount, params in ((1, {}), (9, {}), (9, {"reduceOnly": True}))
        ]
        answers = self.call("create_orders", orders)
        self.assertEqual([one["status"] for one in answers], ["closed", "rejected", "closed"])
        self.assertEqual([one["amount"] for one in self.paper.created], [1, 9])
        self.assertEqual([one.get("reduceOnly") for one in self.paper.created], [None, True])
        self.assertEqual(orders[0]["params"], {})
        self.start()
        with self.assertRaises(BadRequest):
            self.call("create_orders", [orders[0], {**orders[1], "amount": -1}])
        self.assertEqual((self.paper.created, [one["outcome"] for one in self.gate.results.values()]), ([], ["rejected"]))
        self.paper.failing["create_order"] = paper.InsufficientFunds("margin")
        self.gate.results.clear()
        with self.assertRaises(paper.InsufficientFunds):
            self.call("create_orders", orders[:2])
        self.assertEqual(self.gate.results, {})

    def test_an_edit_asks_for_the_whole_order_and_a_protective_one_stays_a_close(self):
        self.start(FakeGate(limits=Limits(notional_usd=200)))
        self.paper.resting = True
        order = self.call("create_limit_buy_order", SWAP, 1, 150)
        with self.assertRaises(Refused):
            self.call("edit_order", order["id"], SWAP, "limit", "buy", 2, 150)
        with self.assertRaises(Refused):
            self.call("edit_order", order["id"], SWAP, "limit", "buy", None, 250)
        self.assertEqual((len(self.paper.created), self.gate.asked[-1].qty), (1, 1))
        stop = self.call("create_stop_loss_order", SWAP, "market", "sell", 9, None, 140)
        self.call("edit_order", stop["id"], SWAP, "market", "sell", 9, None, {"stopLossPrice": 141})
        self.assertEqual((self.gate.asked[-1].reduce_only, self.paper.created[-1]["reduceOnly"]), (True, True))

    def test_closing_a_position_asks_for_what_is_held(self):
        for name, args in (("close_position", (SWAP,)), ("closePosition", (SWAP,)), ("close_all_positions", ())):
            self.start(FakeGate(allow=False))
            self.held(SWAP, -2.0)
            self.call(name, *args)
            self.assertEqual([(one.side, one.qty, one.reduce_only) for one in self.gate.asked], [("BUY", 2, True)])
            self.start()
            self.gate.kill("enough")
            self.held(SWAP, -2.0)
            with self.assertRaises(Refused):
                self.call(name, *args)
            self.assertEqual(self.paper.created, [])


class Asyncio(Sync):
    kind = paper.AsyncExchange

    def test_with_a_gate_of_asyncio_and_a_context(self):
        async def trade():
            async with gated(self.paper, AsyncGate(gate=self.gate)) as exchange:
                orders = [exchange.create_limit_buy_order(SWAP, 1, 150) for _ in range(20)]
                return await asyncio.gather(*orders)

        self.assertEqual(len({one["clientOrderId"] for one in asyncio.run(trade())}), 20)
        self.assertTrue(self.paper.closed)

    def test_a_task_that_is_cancelled_reports_nothing(self):
        async def cut():
            async def never(*_, **__):
                await asyncio.sleep(3600)

            self.paper.create_order = never
            task = asyncio.ensure_future(self.exchange.create_order(SWAP, "limit", "buy", 1, 150))
            while not self.gate.asked:
                await asyncio.sleep(0)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        asyncio.run(cut())
        self.assertEqual(self.gate.results, {})


if __name__ == "__main__":
    unittest.main()
