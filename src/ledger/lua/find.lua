-- The past of a unit. KEYS: its state, its identifiers. ARGV: hashes of those that are asked for.
-- Returns {version, state, how many identifiers there are, then the value of each asked for or nil}.
local found = redis.call('HMGET', KEYS[1], 'version', 'state')
local answer = { tonumber(found[1] or 0), found[2] or '', redis.call('HLEN', KEYS[2]) }
for i, hash in ipairs(ARGV) do
	answer[3 + i] = redis.call('HGET', KEYS[2], hash)
end
return answer
