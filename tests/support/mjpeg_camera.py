"""A camera that sends motion JPEG over HTTP, worked by hand: what it shows, whether it sends, whether it is there."""

import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2

from vision.types import Image

FRAME_SECONDS = 0.02


class MjpegCamera:
    """Listens on a loopback port of its own and keeps it, so that it can come back where it was."""

    def __init__(self, image: Image) -> None:
        self._jpeg = b""
        self.show(image)
        self.frozen = threading.Event()
        self._gone = threading.Event()
        self._server = self._serve(0)
        self.port = int(self._server.server_address[1])

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/stream"

    def show(self, image: Image) -> None:
        """What stands before it from now on, BGR."""
        coded, content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])
        assert coded
        self._jpeg = content.tobytes()

    def leave(self) -> None:
        """Its cable is pulled."""
        self._gone.set()
        self._server.shutdown()
        self._server.server_close()

    def come_back(self) -> None:
        self._gone.clear()
        self._server = self._serve(self.port)

    def _serve(self, port: int) -> ThreadingHTTPServer:
        camera = self

        class Handler(BaseHTTPRequestHandler):
            wbufsize = 1 << 20

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("content-type", "multipart/x-mixed-replace; boundary=frame")
                self.end_headers()
                with suppress(OSError):
                    while not camera._gone.is_set():
                        if not camera.frozen.is_set():
                            jpeg = camera._jpeg
                            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                            self.wfile.write(head.encode() + jpeg + b"\r\n")
                            self.wfile.flush()
                        time.sleep(FRAME_SECONDS)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        ThreadingHTTPServer.daemon_threads = True
        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        return server
