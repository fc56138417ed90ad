"""A tile server on loopback that remembers what it was asked, and can be told to fail."""

from __future__ import annotations

import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from PIL import Image


def picture() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (256, 256), (200, 220, 200)).save(stream, "PNG")
    return stream.getvalue()


class TileServer:
    """``asked`` holds [path, query] of each request; while ``failing`` every answer is 503."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.failing = False
        body, outer = picture(), self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                outer.asked.append((parts.path, {k.upper(): v[0] for k, v in parse_qs(parts.query).items()}))
                self.send_response(503 if outer.failing else 200)
                self.send_header("Content-Type", "image/png")
                self.end_headers()
                if not outer.failing:
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
