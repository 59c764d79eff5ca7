-- wrk: a tools/call as POST, each with an id of its own, and a line of JSON at the end.
-- Environment: BENCH_SESSION, BENCH_TOKEN (may be empty).
local requests = {}
local at = 0

function init(args)
  local headers = {
    ["Content-Type"] = "application/json",
    ["Accept"] = "application/json, text/event-stream",
    ["MCP-Protocol-Version"] = "2025-11-25",
    ["Mcp-Session-Id"] = os.getenv("BENCH_SESSION"),
  }
  local token = os.getenv("BENCH_TOKEN")
  if token and token ~= "" then
    headers["Authorization"] = "Bearer " .. token
  end
  for i = 1, 4096 do
    local body = '{"jsonrpc":"2.0","id":' .. i .. ',"method":"tools/call","params":{"name":"tool_007",'
      .. '"arguments":{"customer":"ada@example.org","order":' .. (i * 17)
      .. ',"fields":["state","address"],"verbose":false}}}'
    requests[i] = wrk.format("POST", nil, headers, body)
  end
end

function request()
  at = at % 4096 + 1
  return requests[at]
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '\nBENCH {"rps":%.1f,"p50_us":%d,"p99_us":%d,"errors":%d}\n',
    summary.requests / summary.duration * 1e6, latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
