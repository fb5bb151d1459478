"""Over HTTP, against a server that says what a test tells it to."""

import http.server
import logging
import threading
import unittest

from portcullis_gate import BadRequest, Conflict, Gate, NotAllowed

logging.disable(logging.CRITICAL)


class Server(http.server.BaseHTTPRequestHandler):
    status, text = 200, "{}"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(Server.status)
        self.end_headers()
        self.wfile.write(Server.text.encode())

    do_GET = do_POST

    def log_message(self, *_):
        return None


class Answers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.gate = Gate(f"http://127.0.0.1:{cls.server.server_address[1]}/", token="t")

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def ask(self, status, text, **order):
        Server.status, Server.text = status, text
        return self.gate.permit("SOLUSDT", "SELL", qty=1, **order)

    def test_what_is_refused_is_raised(self):
        for status, kind in ((400, BadRequest), (413, BadRequest), (401, NotAllowed), (403, NotAllowed), (429, NotAllowed), (409, Conflict)):
            with self.subTest(status), self.assertRaises(kind):
                self.ask(status, '{"error":"x","message":"expected this"}', reduce_only=True)

    def test_what_is_no_answer_lets_an_exit_through_and_no_entry(self):
        for status, text in (
            (503, '{"error":"unavailable","message":"busy"}'), (504, '{"error":"no_verdict","message":"late"}'),
            (404, '{"error":"not_found","message":"expected a path that is served here"}'), (502, "<html>"),
            (200, "<html>sign in</html>"), (200, ""), (200, "[]"), (200, '{"granted":true}'), (500, '{"message":"the log says why"}'),
        ):
            with self.subTest(f"{status} {text}"):
                self.assertFalse(self.ask(status, text).answered)
                self.assertTrue(self.ask(status, text, reduce_only=True).unanswered)

    def test_nobody_there(self):
        away = Gate("http://127.0.0.1:9", token="t")
        self.assertFalse(away.permit("SOLUSDT", "BUY", qty=1))
        self.assertTrue(away.permit("SOLUSDT", "SELL", qty=1, reduce_only=True))

    def test_an_address_that_is_none(self):
        with self.assertRaises(BadRequest):
            Gate("localhost:8040", token="t")


if __name__ == "__main__":
    unittest.main()
