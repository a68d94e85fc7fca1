"""Sends requests over HTTP/3, each over a connection of its own, and tells what came of them.

    client.py FOLDER PORT    FOLDER has aioquic; stdin is a list of requests, each a list of header fields
"""

import asyncio
import json
import ssl
import sys

sys.path.insert(0, sys.argv[1])

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, StreamReset


class Client(QuicConnectionProtocol):
    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        self.http = H3Connection(self._quic)
        self.done = asyncio.get_running_loop().create_future()
        self.headers, self.body = [], b""

    def send(self, fields, ends):
        stream = self._quic.get_next_available_stream_id()
        fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]
        self.http.send_headers(stream, fields, end_stream=ends)
        self.transmit()

    def end(self):
        if not self.done.done():
            self.done.set_result(None)

    def quic_event_received(self, event):
        if isinstance(event, (StreamReset, ConnectionTerminated)):
            self.end()
        for heard in self.http.handle_event(event):
            if isinstance(heard, HeadersReceived):
                self.headers += heard.headers
            if isinstance(heard, DataReceived):
                self.body += heard.data
            if getattr(heard, "stream_ended", False):
                self.end()


async def ask(port, fields):
    configuration = QuicConfiguration(alpn_protocols=H3_ALPN, verify_mode=ssl.CERT_NONE)
    async with connect("127.0.0.1", port, configuration=configuration, create_protocol=Client) as client:
        # A WebSocket goes on after its request (RFC 9220).
        client.send(fields, ends=":protocol" not in dict(fields))
        await asyncio.wait_for(client.done, 10)
        headers = {name.decode(): value.decode() for name, value in client.headers}
        # 0: the stream was reset, and nothing was said.
        return {"status": int(headers.get(":status", 0)), "body": client.body.decode("latin-1")}


async def main():
    requests = json.load(sys.stdin)
    print(json.dumps([await ask(int(sys.argv[2]), fields) for fields in requests]))


asyncio.run(main())
