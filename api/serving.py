"""Serves an app on a socket that is bound first, so that its real port is known before it starts."""

import socket

import uvicorn
from fastapi import FastAPI

from api.config import Server
from api.errors import BadConfig

MAX_MESSAGE_BYTES = 64 * 1024
"""Of one WebSocket message; a lot sends only short acknowledgements."""
SHUTDOWN_S = 5


def bind(server: Server) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises BadConfig where the address cannot be had."""
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((server.host, server.port))
    except OSError as error:
        listener.close()
        raise BadConfig(f"server.port: {server.host}:{server.port} cannot be had: {error.strerror}") from error
    listener.listen(256)
    return listener


def address(listener: socket.socket) -> str:
    """The URL of a bound socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class ReadyServer(uvicorn.Server):
    """Prints one line when the service can be used."""

    def __init__(self, app: FastAPI, trusted_proxies: tuple[str, ...], ready: str) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=bool(trusted_proxies),
                forwarded_allow_ips=list(trusted_proxies),
                ws_max_size=MAX_MESSAGE_BYTES,
                timeout_graceful_shutdown=SHUTDOWN_S,
            )
        )
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self._ready, flush=True)


def serve(app: FastAPI, listener: socket.socket, trusted_proxies: tuple[str, ...], name: str) -> None:
    """Run `app` until it is told to stop."""
    with listener:
        ReadyServer(app, trusted_proxies, f"{name} ready on {address(listener)}").run([listener])
