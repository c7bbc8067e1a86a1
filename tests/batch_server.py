"""A server of both wire protocols with the three forms of batches, as the official SDKs speak to it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.http_server import Server

Body = dict[str, Any]
Rows = list[Any]
PAGE = 3
"""Results on one page, where they come in pages."""


class BatchServer:
    """Answers requests at once or in batches, with the same answers.

    Attributes:
        live: Requests that were sent alone.
        batches: The requests of each batch, by its id, as they were submitted.
        answer: Returns the text of the answer to a request; what it raises is an error of the request.
        alter: Changes the rows of results before they are sent.
        ready: Whether batches have ended; until then they are at work.
        accepts: Whether submissions are answered; until then they wait.
        knocks: How many submissions arrived.
        status: How batches of files end.
        refusals: HTTP statuses of the next submissions, in order.
        wait: How long refusals ask to wait, as the header says it.
        cut: How many downloads are cut off.
        cancelled: Ids of batches whose end was asked for.
        keys: All headers in which keys arrive.
    """

    def __init__(self) -> None:
        self.live: list[Body] = []
        self.batches: dict[str, list[Body]] = {}
        self.answer: Callable[[Body], str] = lambda _: "Hello."
        self.alter: Callable[[Rows], Rows] = lambda rows: rows
        self.ready = threading.Event()
        self.ready.set()
        self.accepts = threading.Event()
        self.accepts.set()
        self.knocks = 0
        self.status = "completed"
        self.refusals: list[int] = []
        self.wait = ""
        self.cut = 0
        self.cancelled: list[str] = []
        self._files: dict[str, list[Body]] = {}
        self._server = Server(self._handler())

    @property
    def root(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    def reply(self, path: str, body: Body) -> Body:
        """Return the whole answer to a request."""
        text = self.answer(body)
        if path.endswith("/messages"):
            usage = {"input_tokens": 100, "output_tokens": 20}
            content = [{"type": "text", "text": text}]
            return {"id": "m", "type": "message", "model": body["model"], "content": content,
                    "stop_reason": "end_turn", "usage": usage}  # fmt: skip
        usage = {"prompt_tokens": 100, "completion_tokens": 20}
        choices = [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]
        return {"id": "c", "model": body["model"], "choices": choices, "usage": usage}

    def chat_rows(self, batch: str) -> tuple[Rows, Rows]:
        done: Rows = []
        failed: Rows = []
        for each in reversed(self.batches[batch]):
            row: Body = {"custom_id": each["custom_id"], "error": None}
            try:
                row["response"] = {"status_code": 200, "body": self.reply(each["url"], each["body"])}
                done.append(row)
            except ValueError as error:
                fault = {"error": {"message": str(error), "type": "invalid_request_error"}}
                failed.append(row | {"response": {"status_code": 400, "body": fault}})
        return self.alter(done), failed

    def message_rows(self, batch: str) -> Rows:
        rows: Rows = []
        for each in reversed(self.batches[batch]):
            try:
                message = self.reply("/v1/messages", each["params"])
                result: Body = {"type": "succeeded", "message": message}
            except ValueError as error:
                fault = {"type": "error", "error": {"type": "invalid_request_error", "message": str(error)}}
                result = {"type": "errored", "error": fault}
            rows.append({"custom_id": each["custom_id"], "result": result})
        return self.alter(rows)

    def get(self, path: str) -> Body | Rows | None:
        """Return what is at a path: an object, or the rows of a file."""
        if found := re.fullmatch(r"/inline/batches/(\w+)", path):
            ended = self.ready.is_set()
            return {"id": found[1], "status": self.status if ended else "in_progress"}
        if found := re.fullmatch(r"/inline/batches/(\w+)/results(?:\?cursor=(\d+))?", path):
            rows = [row for both in self.chat_rows(found[1]) for row in both]
            first = int(found[2] or 0)
            more = str(first + PAGE) if first + PAGE < len(rows) else None
            return {"results": rows[first : first + PAGE], "next_cursor": more}
        if found := re.fullmatch(r"/v1/batches/(\w+)", path):
            status = self.status if self.ready.is_set() else "in_progress"
            done, failed = self.chat_rows(found[1]) if self.ready.is_set() else ([], [])
            return {"id": found[1], "status": status, "output_file_id": f"out_{found[1]}" if done else None,
                    "error_file_id": f"err_{found[1]}" if failed else None}  # fmt: skip
        if found := re.fullmatch(r"/v1/files/(out|err)_(\w+)/content", path):
            return self.chat_rows(found[2])[found[1] == "err"]
        if found := re.fullmatch(r"/v1/messages/batches/(\w+)", path):
            return {"id": found[1], "processing_status": "ended" if self.ready.is_set() else "in_progress"}
        if found := re.fullmatch(r"/v1/messages/batches/(\w+)/results", path):
            return self.message_rows(found[1])
        return None

    def post(self, path: str, kind: str, content: bytes) -> Body | None:
        """Do what a request asks for."""
        if path == "/v1/files":
            form = message_from_bytes(b"content-type: " + kind.encode() + b"\n\n" + content)
            parts = {part.get_param("name", header="content-disposition"): part for part in form.get_payload()}
            assert parts["purpose"].get_payload().strip() == "batch"
            lines = parts["file"].get_payload(decode=True).splitlines()
            name = f"file{len(self._files)}"
            self._files[name] = [json.loads(line) for line in lines]
            return {"id": name}
        body = json.loads(content)
        if found := re.fullmatch(r".*/batches/(\w+)/cancel", path):
            self.cancelled.append(found[1])
            return {"id": found[1]}
        if path == "/inline/batches":
            if [*body] != ["endpoint", "model", "requests"]:
                raise ValueError("what all requests share has to stand before them")
            name = f"batch{len(self.batches)}"
            assert {each["body"]["model"] for each in body["requests"]} == {body["model"]}
            self.batches[name] = [{"url": body["endpoint"], **each} for each in body["requests"]]
            return {"id": name, "status": "validating"}
        if path in ("/v1/batches", "/v1/messages/batches"):
            name = f"batch{len(self.batches)}"
            self.batches[name] = body["requests"] if "requests" in body else self._files[body["input_file_id"]]
            return {"id": name, "processing_status": "in_progress", "status": "validating"}
        self.live.append(body)
        return self.reply(path, body)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                found = owner.get(self.path)
                if not isinstance(found, list):
                    self._send(404 if found is None else 200, found or {"error": {"message": "no"}})
                    return
                content = b"".join(json.dumps(row).encode() + b"\n" for row in found)
                if owner.cut:
                    owner.cut -= 1
                    content = content[: len(content) - 9]
                self._send(200, content)

            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["content-length"]))
                if self.path.endswith("/batches"):
                    owner.knocks += 1
                    owner.accepts.wait(60)
                if owner.refusals and self.path.endswith("/batches"):
                    self._send(owner.refusals.pop(0), {"error": {"message": "not now", "type": "refused"}})
                    return
                try:
                    self._send(200, owner.post(self.path, self.headers["content-type"], content) or {})
                except ValueError as error:
                    self._send(400, {"error": {"message": str(error), "type": "invalid_request_error"}})

            def _send(self, status: int, value: Any) -> None:
                content = value if isinstance(value, bytes) else json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                if status == 429 and owner.wait:
                    self.send_header("retry-after", owner.wait)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Stay silent."""

        return Handler
