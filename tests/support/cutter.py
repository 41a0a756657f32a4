"""A proxy between two servers that does something at a chosen point of their conversation.

    c = cutter.Cutter(("127.0.0.1", 143))          # listens on c.address
    c.at(b"MUPDATEPUSH", kill, after=False)        # before (or after) the request goes on

Between these the bytes go through as they are. An action runs once, in the proxy's thread; what it
returns says what becomes of the connection: CUT closes both sides, STALL keeps them open and passes
nothing on any more, None goes on.

    c.part()                                       # nothing arrives at either side any more
    c.heal()                                       # what was sent meanwhile arrives now
"""
import contextlib
import selectors
import socket
import threading

CUT, STALL = "cut", "stall"


class Cutter:
    def __init__(self, target, ports=None):
        self.target = target
        # ports: a murder's (murder.Ports), where its servers have yet to bind theirs.
        self.listener = ports.listen() if ports else socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        self.rules = []      # [pattern, action, how often it was seen before it acts, after]
        self.hits = []       # patterns that acted
        self.acting = 0      # actions that run now
        self.lock = threading.Lock()
        self.sockets = set()
        self.closed = False
        self.whole = threading.Event()
        self.whole.set()
        threading.Thread(target=self.accept, daemon=True).start()

    def at(self, pattern, action, nth=1, after=False):
        with self.lock:
            self.rules.append([pattern, action, nth, after])

    def clear(self):
        with self.lock:
            self.rules.clear()
            self.hits.clear()

    def part(self):
        self.whole.clear()

    def heal(self):
        self.whole.set()

    def accept(self):
        while not self.closed:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            server = socket.create_connection(self.target, 10)
        except OSError:
            client.close()
            return
        with client, server:
            for s in (client, server):
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.sockets |= {client, server}
            with contextlib.suppress(OSError):
                self.pump(client, server)
            with self.lock:
                self.sockets -= {client, server}

    def match(self, data):
        with self.lock:
            for rule in self.rules:
                if rule[0] in data:
                    rule[2] -= 1
                    if rule[2] == 0:
                        self.rules.remove(rule)
                        self.hits.append(rule[0])
                        return rule
        return None

    def pump(self, client, server):
        selector = selectors.DefaultSelector()
        selector.register(client, selectors.EVENT_READ, server)
        selector.register(server, selectors.EVENT_READ, client)
        while True:
            for key, _ in selector.select():
                data = key.fileobj.recv(65536)
                self.whole.wait()
                if not data:
                    return
                rule = self.match(data) if key.fileobj is client else None
                if rule and not rule[3] and self.act(rule, client, server):
                    return
                key.data.sendall(data)
                if rule and rule[3]:
                    # The request is there; wait until the answer is on its way, and keep it.
                    with contextlib.suppress(OSError):
                        server.settimeout(20)
                        server.recv(1, socket.MSG_PEEK)
                    if self.act(rule, client, server):
                        return

    def act(self, rule, client, server):
        """True if the connection is over."""
        with self.lock:
            self.acting += 1
        try:
            result = rule[1]()
        finally:
            with self.lock:
                self.acting -= 1
        if result == STALL:
            with contextlib.suppress(OSError):
                while client.recv(65536):
                    pass
        return result in (CUT, STALL)

    def close(self):
        self.closed = True
        self.whole.set()
        self.listener.close()
        with self.lock:
            for s in self.sockets:
                with contextlib.suppress(OSError):
                    s.shutdown(socket.SHUT_RDWR)
