-- Keeps the past of a unit, if nobody changed it meanwhile. KEYS: its state, its identifiers.
-- ARGV: the version that it was made from, the state, until when in ms, then hash and value of
-- each identifier that is new or renewed. Returns 1; 0: it was changed, look again.
if tonumber(redis.call('HGET', KEYS[1], 'version') or 0) ~= tonumber(ARGV[1]) then
	return 0
end
redis.call('HSET', KEYS[1], 'version', string.format('%.0f', tonumber(ARGV[1]) + 1), 'state', ARGV[2])
redis.call('PEXPIREAT', KEYS[1], ARGV[3])
for i = 4, #ARGV, 2 do
	redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
end
redis.call('PEXPIREAT', KEYS[2], ARGV[3])
return 1
