-- Calls are still in flight: their leases last longer. Also of those that had run out.
-- ARGV: the length of a lease in ms, then the member of each of KEYS.
local t = redis.call('TIME')
local till = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000) + tonumber(ARGV[1])
for at, key in ipairs(KEYS) do
	redis.call('ZADD', key, string.format('%.0f', till), ARGV[at + 1])
	if redis.call('PTTL', key) < tonumber(ARGV[1]) then
		redis.call('PEXPIRE', key, ARGV[1])
	end
end
return 1
