"""An MCP server over Streamable HTTP that records all it is sent and says what a test wants it to say."""
import http.server
import json
import threading

TOOLS = ["read_file", "delete_file", "send", "a_tool_hidden_from_list", "ask", "stray", "x"]


class Server:
    def __init__(self, tools=None):
        """tools: definitions to list; none: those of TOOLS."""
        self.tools = tools or [{"name": n, "inputSchema": {"type": "object"}} for n in TOOLS]
        self.next = "done"    # what the next call answers
        self.heard = []       # (headers, message) of every POST
        self.question = None  # {"method", "params"}: asked of the client within a call of `ask`
        self.stray = None     # a message sent before the answer of a call of `stray`
        self.answered = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                self.send(405, "")

            do_DELETE = do_GET

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                message = json.loads(body)
                outer.heard.append((dict(self.headers), message))
                self.answer(message)

            def send(self, status, text, kind="application/json", more=()):
                data = text.encode()
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(data)))
                for k, v in more:
                    self.send_header(k, v)
                self.end_headers()
                self.wfile.write(data)

            def answer(self, m):
                if not isinstance(m, dict) or "method" not in m:
                    outer.answered.set()
                    return self.send(202, "")
                if "id" not in m:
                    return self.send(202, "")
                if m["method"] == "initialize":
                    return self.result(m, {"protocolVersion": m["params"]["protocolVersion"],
                                           "capabilities": {"tools": {}, "resources": {}},
                                           "serverInfo": {"name": "files", "version": "1"}},
                                       [("mcp-session-id", "upstream-1")])
                if m["method"] == "tools/list":
                    return self.result(m, {"tools": outer.tools})
                if m["method"] == "tools/call" and m["params"].get("name") in ("ask", "stray"):
                    return self.stream(m)
                return self.result(m, {"content": [{"type": "text", "text": outer.next}]})

            def result(self, m, result, more=()):
                self.send(200, json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": result}), more=more)

            def event(self, message):
                data = f"event: message\ndata: {json.dumps(message)}\n\n".encode()
                self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
                self.wfile.flush()

            def stream(self, m):
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                if m["params"]["name"] == "ask":
                    outer.answered.clear()
                    self.event({"jsonrpc": "2.0", "id": "question-1", **outer.question})
                    outer.answered.wait(10)
                else:
                    self.event(outer.stray)
                self.event({"jsonrpc": "2.0", "id": m["id"], "result": {"content": [{"type": "text", "text": "done"}]}})
                self.wfile.write(b"0\r\n\r\n")

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def calls(self):
        """What is more than a greeting and a look at the list."""
        return [m for _, m in self.heard if isinstance(m, dict) and
                m.get("method") in ("tools/call", "resources/read", "prompts/get") or isinstance(m, list)]

    def close(self):
        self.http.shutdown()
        self.http.server_close()
