#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# server.py: a server with what the API of Kubernetes promises about Leases, as far as a lease needs it. It compares
# resource versions, streams changes, asks for a token, and ends no lease. Prints its port.
import http.server
import json
import threading
import urllib.parse

changed = threading.Condition()
leases = {}
events = []  # (version, type, lease)
TOKEN = "Bearer secret"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, content):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def place(self):
        url = urllib.parse.urlparse(self.path)
        parts = url.path.strip("/").split("/")  # apis, group, version, namespaces, NAMESPACE, leases[, NAME]
        return "/".join(parts[4:5]), parts[6] if len(parts) > 6 else None, urllib.parse.parse_qs(url.query)

    def allowed(self):
        if self.headers.get("Authorization") == TOKEN:
            return True
        self.answer(401, {"kind": "Status", "code": 401})
        return False

    def store(self, key, lease, kind):
        version = len(events) + 1
        lease.setdefault("metadata", {})["resourceVersion"] = str(version)
        leases[key] = lease
        events.append((version, kind, json.loads(json.dumps(lease))))
        changed.notify_all()
        return lease

    def body(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def do_GET(self):
        namespace, name, query = self.place()
        if not self.allowed():
            return
        if "watch" in query:
            self.watch(query)
            return
        with changed:
            lease = leases.get((namespace, name))
        self.answer(200 if lease else 404, lease or {"kind": "Status", "code": 404})

    def watch(self, query):
        name = query["fieldSelector"][0].split("=")[1]
        seen = int(query["resourceVersion"][0] or 0)
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            while True:
                with changed:
                    while len(events) <= seen:
                        changed.wait()
                    some = events[seen:]
                    seen = len(events)
                for _, kind, lease in some:
                    if lease["metadata"]["name"] == name:
                        line = json.dumps({"type": kind, "object": lease}).encode() + b"\n"
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
        except OSError:
            self.close_connection = True

    def do_POST(self):
        namespace, _, _ = self.place()
        lease = self.body()
        if not self.allowed():
            return
        with changed:
            key = (namespace, lease["metadata"]["name"])
            if key in leases:
                self.answer(409, {"kind": "Status", "code": 409})
            else:
                self.answer(201, self.store(key, lease, "ADDED"))

    def do_PATCH(self):
        namespace, name, _ = self.place()
        patch = self.body()
        if not self.allowed():
            return
        if self.headers["Content-Type"] != "application/merge-patch+json":
            self.answer(415, {"kind": "Status", "code": 415})
            return
        with changed:
            lease = leases.get((namespace, name))
            if lease is None:
                self.answer(404, {"kind": "Status", "code": 404})
            elif lease["metadata"]["resourceVersion"] != patch["metadata"]["resourceVersion"]:
                self.answer(409, {"kind": "Status", "code": 409})
            else:
                new = json.loads(json.dumps(lease))
                new["spec"].update(patch["spec"])
                self.answer(200, self.store((namespace, name), new, "MODIFIED"))


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):  # a client that has gone
        pass


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
