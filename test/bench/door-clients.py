"""Clients in Python that ask for permits: the job is JSON on standard input, what came of it JSON on standard output."""

import concurrent.futures
import http.client
import json
import os
import sys
import threading
import time
from urllib.parse import urlsplit

from portcullis_gate import Gate

# As many as an event loop has for calls that wait.
THREADS = min(32, (os.cpu_count() or 1) + 4)


class Bot:
    """One client, whose calls run in threads of its own."""

    def __init__(self, job):
        self.threads = concurrent.futures.ThreadPoolExecutor(THREADS)
        self._parts = urlsplit(job["url"])
        self._exit = job["order"] == "exit"
        if job["transport"] == "redis":
            import redis

            self._redis = redis.Redis.from_url(job["url"])
            self._gate = Gate.over_redis(self._redis, strategy="bench")
            self.plain = self._redis.ping
        else:
            self._gate = Gate(job["url"], token=job["token"])
            self.plain = self._healthz

    def ask(self, plan_id, symbol):
        side = "SELL" if self._exit else "BUY"
        order = {"qty": 0.01, "price": 100, "reduce_only": self._exit, "plan_id": plan_id, "timeout": 10}
        answer = self._gate.permit(symbol, side, **order)
        return bool(answer) and not answer.unanswered

    def _healthz(self):
        connection = http.client.HTTPConnection(self._parts.hostname, self._parts.port, timeout=10)
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        connection.close()


def open_loop(bots, per_second, seconds, work):
    """Does something so often a second, each when it is due; how long each took from then on, milliseconds."""
    start = time.perf_counter()

    def timed(at, due):
        work(bots[at % len(bots)], at)
        return (time.perf_counter() - due) * 1000

    done = []
    for at in range(int(per_second * seconds)):
        due = start + at / per_second
        wait = due - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        done.append(bots[at % len(bots)].threads.submit(timed, at, due))
    return [one.result() for one in done]


def main():
    job = json.load(sys.stdin)
    bots = [Bot(job) for _ in range(job["clients"])]
    granted = []
    lock = threading.Lock()

    def ask(kind):
        def one(bot, at):
            if bot.ask(f"{job['run']}-{kind}-{at}", f"B{at % job['symbols']}USDT"):
                with lock:
                    granted.append(at)

        return one

    open_loop(bots, job["per_second"], job["warm_seconds"], ask("warm"))
    granted.clear()
    plain = open_loop(bots, job["per_second"], job["seconds"], lambda bot, _: bot.plain())
    asks = open_loop(bots, job["per_second"], job["seconds"], ask("ask"))
    json.dump({"plain_ms": plain, "ask_ms": asks, "granted": len(granted)}, sys.stdout)


main()
