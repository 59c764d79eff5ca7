-- Takes all claims or none: the rules of quota/quota.c, in one round trip.
--
-- ARGV: 'take', 'peek' or 'look', the gate's time, the length of a lease in ms; then nine of each claim:
-- kind, start, end (of a lease: its name, and nothing), amount and max in three limbs of nine
-- digits each, since a number here is a double. KEYS: one of each claim, two of a lease.
-- Fixed windows are those of the gate's calendar; slots and leases, which last and have no
-- date, go by this server's clock, the one that all gates have in common.
-- Returns {1, start, end, ...} as taken, or {0, place of the first that does not fit, us to wait}; of
-- 'look' {2, used, ...}, each in its three limbs, and nothing is taken.
local BASE = 1000000000

local function add(a, b)
	local h, m, n = a[1] + b[1], a[2] + b[2], a[3] + b[3]
	if n >= BASE then
		n = n - BASE
		m = m + 1
	end
	if m >= BASE then
		m = m - BASE
		h = h + 1
	end
	return { h, m, n }
end

local function is_more(a, b)
	for i = 1, 3 do
		if a[i] ~= b[i] then
			return a[i] > b[i]
		end
	end
	return false
end

local function numbers(text)
	local list = {}
	for word in string.gmatch(text, '%d+') do
		list[#list + 1] = tonumber(word)
	end
	return list
end

local function whole(v)
	return string.format('%.0f', v)
end

local server_time = redis.call('TIME')
local now = tonumber(server_time[1]) * 1000000 + tonumber(server_time[2])
local gate_now = tonumber(ARGV[2])
local lease_ms = tonumber(ARGV[3])

local function load_fixed(key)
	local text = redis.call('GET', key)
	if not text then
		return {}
	end
	local n = numbers(text)
	return { from = n[1], to = n[2], used = { n[3], n[4], n[5] } }
end

-- Twelve slots, the latest last.
local function load_slots(key)
	local text, s = redis.call('GET', key), { slots = {} }
	local n = text and numbers(text)
	s.newest = n and n[1]
	for i = 1, 12 do
		s.slots[i] = n and { n[i * 3 - 1], n[i * 3], n[i * 3 + 1] } or { 0, 0, 0 }
	end
	return s
end

local function load_leases(key, weighted)
	redis.call('ZREMRANGEBYSCORE', key, '-inf', now / 1000)
	redis.call('ZREMRANGEBYSCORE', weighted, '-inf', now / 1000)
	local used = { 0, redis.call('ZCARD', key), 0 }
	used = add({ 0, 0, 0 }, { math.floor(used[2] / BASE), used[2] % BASE, 0 })
	for _, member in ipairs(redis.call('ZRANGE', weighted, 0, -1)) do
		local n = numbers(string.match(member, ' .*'))
		used = add(used, n)
	end
	return { used = used }
end

local function advance(s, to)
	if not s.newest then
		s.newest = to
	end
	for _ = 1, math.min(to - s.newest, 12) do
		table.remove(s.slots, 1)
		s.slots[12] = { 0, 0, 0 }
	end
	s.newest = math.max(s.newest, to)
end

local function sum_from(s, slot)
	local sum = { 0, 0, 0 }
	for i = 1, 12 do
		if s.newest - 12 + i >= slot then
			sum = add(sum, s.slots[i])
		end
	end
	return sum
end

local claims, states, key_at = {}, {}, 1
for at = 1, (#ARGV - 3) / 9 do
	local a = 3 + (at - 1) * 9
	local c = {
		kind = ARGV[a + 1],
		from = tonumber(ARGV[a + 2]),
		to = tonumber(ARGV[a + 3]),
		name = ARGV[a + 2],
		amount = { tonumber(ARGV[a + 4]), tonumber(ARGV[a + 5]), tonumber(ARGV[a + 6]) },
		max = { tonumber(ARGV[a + 7]), tonumber(ARGV[a + 8]), tonumber(ARGV[a + 9]) },
		key = KEYS[key_at],
	}
	c.weighted = c.kind == 'l' and KEYS[key_at + 1]
	key_at = key_at + (c.kind == 'l' and 2 or 1)
	if not states[c.key] then
		if c.kind == 'f' then
			states[c.key] = load_fixed(c.key)
		elseif c.kind == 's' then
			states[c.key] = load_slots(c.key)
		else
			states[c.key] = load_leases(c.key, c.weighted)
		end
		states[c.key].asked = { 0, 0, 0 }
	end
	c.state = states[c.key]
	if c.kind == 's' then
		c.width = (c.to - c.from) / 12
		advance(c.state, math.floor(now / c.width))
	end
	claims[at] = c
end

-- How long until so much more fits; -1: never.
local function wait_of(c, asked)
	if is_more(asked, c.max) then
		return -1
	end
	if c.kind == 'l' then
		return 0
	end
	if c.kind == 'f' then
		return math.max(c.state.to - gate_now, 0)
	end
	local slot = c.state.newest - 11
	while is_more(add(sum_from(c.state, slot), asked), c.max) do
		slot = slot + 1
	end
	return math.max((slot + 11) * c.width - now, 0)
end

local function limbs(a)
	return whole(a[1]) .. ' ' .. whole(a[2]) .. ' ' .. whole(a[3])
end

local function used_of(c)
	local s = c.state
	if c.kind == 's' then
		return sum_from(s, s.newest - 11)
	elseif c.kind == 'l' or (s.from and s.from >= c.from) then
		return s.used
	end
	return { 0, 0, 0 }
end

if ARGV[1] == 'look' then
	local list = { 2 }
	for at, c in ipairs(claims) do
		list[at + 1] = limbs(used_of(c))
	end
	return list
end

local refused, wait
for at, c in ipairs(claims) do
	local s = c.state
	s.asked = add(s.asked, c.amount)
	local used = used_of(c)
	if is_more(add(used, s.asked), c.max) then
		local w = wait_of(c, s.asked)
		if not refused then
			refused = at
			wait = w
		elseif wait >= 0 then
			wait = w < 0 and w or math.max(wait, w)
		end
	end
end
if refused then
	return { 0, refused - 1, wait }
end
if ARGV[1] == 'peek' then
	return { 1 }
end

local taken = { 1 }
for at, c in ipairs(claims) do
	local s = c.state
	if c.kind == 'f' then
		if not s.from or s.from < c.from then
			s.from, s.to, s.used = c.from, c.to, { 0, 0, 0 }
		end
		s.used = add(s.used, c.amount)
		-- An hour longer, for a clock that is set back.
		local ms = math.ceil(math.max(s.to - gate_now, 0) / 1000) + 3600000
		redis.call('SET', c.key, whole(s.from) .. ' ' .. whole(s.to) .. ' ' .. limbs(s.used), 'PX', whole(ms))
		taken[at * 2], taken[at * 2 + 1] = s.from, s.to
	elseif c.kind == 's' then
		s.slots[12] = add(s.slots[12], c.amount)
		local text = { whole(s.newest) }
		for i = 1, 12 do
			text[i + 1] = limbs(s.slots[i])
		end
		local ms = math.ceil(((s.newest + 12) * c.width - now) / 1000) + 1000
		redis.call('SET', c.key, table.concat(text, ' '), 'PX', whole(ms))
		taken[at * 2], taken[at * 2 + 1] = s.newest * c.width, (s.newest + 12) * c.width
	else
		local is_one = c.amount[1] == 0 and c.amount[2] == 1 and c.amount[3] == 0
		local key = is_one and c.key or c.weighted
		local member = is_one and c.name or c.name .. ' ' .. limbs(c.amount)
		redis.call('ZADD', key, whole(now / 1000 + lease_ms), member)
		-- Others hold leases in it that may last longer.
		if redis.call('PTTL', key) < lease_ms then
			redis.call('PEXPIRE', key, whole(lease_ms))
		end
		taken[at * 2], taken[at * 2 + 1] = 0, 0
	end
end
return taken
