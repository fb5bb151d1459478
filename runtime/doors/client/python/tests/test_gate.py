"""What holds whatever the transport: input, the rules of failing, the context manager, the fake gate."""

import asyncio
import logging
import math
import random
import unittest

from portcullis_gate import (
    AsyncGate, BadRequest, Conflict, FakeGate, Gate, Limits, NotPlaced, NoVerdict, Unreachable,
)

logging.disable(logging.CRITICAL)
PERMIT = {
    "granted": True, "symbol": "SOLUSDT", "computed_qty": 1.0, "computed_notional": 100.0, "reduceOnly": False, "checks": [],
}


class Scripted:
    """A transport that answers what it is told to, in order; an error is raised."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []
        self.results = []

    def ask(self, order):
        self.asked.append(order)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {"plan_id": order.plan_id, **answer} if isinstance(answer, dict) else answer

    def result(self, plan_id, symbol, result):
        self.results.append((plan_id, symbol, result))


def gate(*answers, **options):
    door = Scripted(*answers)
    return Gate(transport=door, **options), door


GRANTED = {"granted": True, "expires_at": 2e9, "permit": PERMIT}
BROKEN = (Unreachable("away"), Unreachable("away"))


class Input(unittest.TestCase):
    def test_what_cannot_be_asked_is_not_sent(self):
        wrong = [
            {"qty": 0}, {"qty": -1}, {"qty": math.nan}, {"qty": math.inf}, {"qty": "1"}, {"qty": True}, {},
            {"qty": 1, "notional_usd": 5}, {"qty": 1, "price": 0}, {"qty": 1, "timeout": 11},
            {"notional_usd": 5, "reduce_only": True}, {"qty": 1, "min_qty": 0.5}, {"qty": 1, "resize": False, "min_qty": 0.5},
            {"qty": 1, "resize": True, "min_qty": 0}, {"qty": 1, "resize": True, "min_qty": math.nan},
            {"qty": 1, "resize": True, "min_qty": "1"}, {"qty": 1, "resize": "yes"}, {"qty": 1, "resize": 1},
        ]
        for order in wrong:
            one, door = gate()
            with self.subTest(order), self.assertRaises(BadRequest):
                one.permit("SOLUSDT", "BUY", **order)
            self.assertEqual(door.asked, [])
        with self.assertRaises(BadRequest):
            gate()[0].permit("SOLUSDT", "UP", qty=1)
        with self.assertRaises(TypeError):
            gate()[0].permit("SOLUSDT", "BUY", qty=1, leverage=5)

    def test_an_order_is_what_the_governor_reads(self):
        one, door = gate(GRANTED, GRANTED)
        one.permit("SOLUSDT", "long", qty=1, price=100, plan_id="p1", timeout=0.2)
        self.assertEqual(door.asked[0].body(), {
            "symbol": "SOLUSDT", "side": "BUY", "qty": 1, "price": 100, "reduce_only": False, "plan_id": "p1", "timeout_ms": 200,
        })
        one.permit("SOLUSDT", "SELL", qty=1, reduce_only=True)
        self.assertEqual((door.asked[0].action, door.asked[1].action), ("OPEN_LONG", "CLOSE"))

    def test_a_size_that_may_be_less_is_asked_for_as_such_and_what_is_given_is_told(self):
        given = {**PERMIT, "computed_qty": 2.0, "computed_notional": 200.0, "asked_qty": 3}
        one, door = gate({**GRANTED, "permit": given}, GRANTED)
        permit = one.permit("SOLUSDT", "BUY", qty=3, resize=True, min_qty=0.5, plan_id="p1")
        self.assertEqual((permit.qty, permit.notional_usd, permit.asked_qty, permit.asked_notional_usd), (2.0, 200.0, 3, None))
        self.assertEqual(door.asked[0].body(), {
            "symbol": "SOLUSDT", "side": "BUY", "qty": 3, "reduce_only": False, "plan_id": "p1", "timeout_ms": 500, "resize": True,
            "min_qty": 0.5,
        })
        whole = one.permit("SOLUSDT", "BUY", qty=1)
        self.assertEqual((whole.qty, whole.asked_qty), (1.0, None))
        self.assertEqual({"resize", "min_qty"} & set(door.asked[1].body()), set())


class Failing(unittest.TestCase):
    def test_an_entry_without_an_answer_is_denied(self):
        for error in (Unreachable("away"), NoVerdict("late")):
            answer = gate(error, error)[0].permit("SOLUSDT", "BUY", qty=1)
            self.assertFalse(answer)
            self.assertFalse(answer.answered)

    def test_an_exit_without_an_answer_is_let_through_and_reports_nothing(self):
        one, door = gate(*BROKEN)
        answer = one.permit("SOLUSDT", "SELL", qty=1, reduce_only=True)
        self.assertTrue(answer)
        self.assertTrue(answer.unanswered)
        one.result(answer, "filled")
        self.assertEqual(door.results, [])

    def test_an_exit_that_is_refused_stays_refused(self):
        refused = {"granted": False, "reason": "kill_switch_active", "checks": []}
        self.assertFalse(gate(refused)[0].permit("SOLUSDT", "SELL", qty=1, reduce_only=True))

    def test_a_verdict_that_came_too_late_is_no_answer(self):
        late = {"granted": False, "reason": "deadline_passed", "checks": []}
        self.assertFalse(gate(late)[0].permit("SOLUSDT", "BUY", qty=1).answered)
        self.assertTrue(gate(late)[0].permit("SOLUSDT", "SELL", qty=1, reduce_only=True).unanswered)

    def test_a_lost_answer_is_asked_for_once_more_with_the_same_id(self):
        one, door = gate(Unreachable("cut"), {**GRANTED, "repeated": True})
        self.assertTrue(one.permit("SOLUSDT", "BUY", qty=1).repeated)
        self.assertEqual(door.asked[0], door.asked[1])

    def test_what_is_no_answer_is_no_permit(self):
        for answer in (
            {}, {"granted": True}, {"granted": "yes"}, {**GRANTED, "permit": {}}, {**GRANTED, "plan_id": "other"},
            {**GRANTED, "permit": {**PERMIT, "symbol": "BTCUSDT"}}, {**GRANTED, "permit": {**PERMIT, "granted": False}},
            {**GRANTED, "expires_at": "soon"}, [], None,
        ):
            with self.subTest(answer):
                self.assertFalse(gate(answer)[0].permit("SOLUSDT", "BUY", qty=1))


class Using(unittest.TestCase):
    def test_only_an_error_that_proves_it_reports_that_no_order_was_placed(self):
        for error, reported in ((NotPlaced("margin"), 1), (LookupError("x"), 1), (OSError("cut"), 0), (None, 0)):
            one, door = gate(GRANTED, not_placed=(LookupError,))
            with self.subTest(error):
                try:
                    with one.permit("SOLUSDT", "BUY", qty=1, plan_id="p1"):
                        if error is not None:
                            raise error
                except Exception as raised:
                    self.assertIs(raised, error)
                self.assertEqual(len(door.results), reported)
        self.assertEqual(gate(GRANTED)[1].results, [])

    def test_a_report_that_fails_hides_no_error(self):
        one, door = gate(GRANTED)
        door.result = lambda *_: (_ for _ in ()).throw(Unreachable("away"))
        with self.assertRaises(NotPlaced), one.permit("SOLUSDT", "BUY", qty=1):
            raise NotPlaced("margin")

    def test_asyncio(self):
        async def ask():
            one = AsyncGate(gate=FakeGate())
            permit = await one.permit("SOLUSDT", "BUY", qty=1)
            await one.result(permit, "filled", qty=1, price=100)
            return permit

        self.assertTrue(asyncio.run(ask()))


class Fake(unittest.TestCase):
    def test_allows_denies_and_limits(self):
        self.assertTrue(FakeGate().permit("A", "BUY", qty=1))
        denies = FakeGate(allow=False)
        self.assertFalse(denies.permit("A", "BUY", qty=1))
        self.assertTrue(denies.permit("A", "SELL", qty=1, reduce_only=True))
        one = FakeGate(limits=Limits(notional_usd=200, total_usd=300, positions=2))
        self.assertTrue(one.permit("A", "BUY", qty=2, price=100))
        self.assertEqual(one.permit("B", "BUY", qty=2.01, price=100).reason, "notional_per_trade_exceeded")
        self.assertEqual(one.permit("B", "BUY", qty=1.01, price=100).reason, "total_notional_exceeded")
        last = one.permit("B", "BUY", qty=1, price=100)
        self.assertTrue(last)
        self.assertEqual(one.permit("C", "BUY", notional_usd=1).reason, "max_positions_reached")
        one.result(last, "rejected")
        self.assertTrue(one.permit("C", "BUY", notional_usd=1))

    def test_resizes_where_that_is_asked_for(self):
        one = FakeGate(limits=Limits(notional_usd=200, total_usd=300))
        self.assertFalse(one.permit("A", "BUY", qty=3, price=100))
        first = one.permit("A", "BUY", qty=3, price=100, resize=True, min_qty=2, plan_id="p1")
        self.assertEqual((first.qty, first.notional_usd, first.asked_qty), (2.0, 200.0, 3))
        again = one.permit("A", "BUY", qty=3, price=100, resize=True, min_qty=2, plan_id="p1")
        self.assertEqual((again.qty, again.asked_qty, again.repeated), (2.0, 3, True))
        self.assertEqual(one.permit("A", "BUY", qty=3, price=100, resize=True, min_qty=1.01).reason, "notional_per_trade_exceeded")
        last = one.permit("B", "BUY", notional_usd=150, price=100, resize=True, min_qty=1)
        self.assertEqual((last.qty, last.notional_usd, last.asked_notional_usd), (None, 100.0, 150))
        self.assertEqual(one.permit("C", "BUY", qty=1, price=1, resize=True).reason, "total_notional_exceeded")
        self.assertIsNone(one.permit("A", "SELL", qty=1, price=100, reduce_only=True).asked_qty)

    def test_no_size_passes_what_is_no_matter_of_size(self):
        denies, full = FakeGate(allow=False), FakeGate(limits=Limits(notional_usd=10, positions=0))
        for one, reason in ((denies, "disarmed"), (full, "notional_per_trade_exceeded")):
            self.assertEqual(one.permit("A", "BUY", qty=1, price=100, resize=True).reason, reason)
        killed = FakeGate(limits=Limits(notional_usd=10))
        killed.kill("enough")
        self.assertEqual(killed.permit("A", "BUY", qty=1, price=100, resize=True).reason, "kill_switch_active")

    def test_what_is_given_is_never_more_than_fits_and_never_less_than_is_of_use(self):
        for seed in range(500):
            pick = random.Random(seed)
            limit, price, qty = pick.uniform(1, 1e4), pick.uniform(1e-4, 1e5), pick.uniform(1e-3, 1e6)
            least = qty * pick.random() or 1e-9
            answer = FakeGate(limits=Limits(notional_usd=limit)).permit("A", "BUY", qty=qty, price=price, resize=True, min_qty=least)
            with self.subTest(seed):
                if answer:
                    self.assertLessEqual(answer.qty * price, limit * (1 + 1e-9))
                    self.assertTrue(least <= answer.qty <= qty)
                else:
                    self.assertLess((limit - 1e-8 * price) / price, least + 1e-8)

    def test_a_repeat_ends_with_its_permit(self):
        for end, reason in (("rejected", "permit_given_back"), ("filled", "permit_used"), (None, "permit_revoked")):
            one = FakeGate()
            permit = one.permit("A", "BUY", qty=1, plan_id="p1")
            one.kill("enough") if end is None else one.result(permit, end)
            self.assertEqual(one.permit("A", "BUY", qty=1, plan_id="p1").reason, reason)

    def test_repeats_and_kills_as_the_real_one(self):
        one = FakeGate()
        self.assertFalse(one.permit("A", "BUY", qty=1, plan_id="p1").repeated)
        self.assertTrue(one.permit("A", "BUY", qty=1, plan_id="p1").repeated)
        with self.assertRaises(Conflict):
            one.permit("A", "BUY", qty=2, plan_id="p1")
        one.kill("enough")
        self.assertFalse(one.permit("A", "SELL", qty=1, reduce_only=True))


if __name__ == "__main__":
    unittest.main()
