-- Gives back what one call took, once: a gate numbers what it gives back, and says it again when
-- it did not hear that it was done.
--
-- KEYS: where this gate's last number is kept, then one of each claim. ARGV: the number, the first that
-- it does not know to be done, then five of each claim: kind, start (of a lease: its member), the amount in three limbs. 's' has the width of
-- its slots behind its start: "start width".
-- Returns 1, also for what was done before; 0 when a number before this one is missing.
local BASE = 1000000000
local number = tonumber(ARGV[1])
local last = tonumber(redis.call('GET', KEYS[1]) or 0)
if number <= last then
	return 1
end
-- What this server has lost with its data is not waited for.
if number > last + 1 and number ~= tonumber(ARGV[2]) then
	return 0
end

local function subtract(a, b)
	local h, m, n = a[1] - b[1], a[2] - b[2], a[3] - b[3]
	if n < 0 then
		n = n + BASE
		m = m - 1
	end
	if m < 0 then
		m = m + BASE
		h = h - 1
	end
	if h < 0 then
		return { 0, 0, 0 }
	end
	return { h, m, n }
end

local function numbers(text)
	local list = {}
	for word in string.gmatch(text, '%d+') do
		list[#list + 1] = tonumber(word)
	end
	return list
end

local function keep(key, list)
	for i, v in ipairs(list) do
		list[i] = string.format('%.0f', v)
	end
	redis.call('SET', key, table.concat(list, ' '), 'KEEPTTL')
end

for at = 1, (#ARGV - 2) / 5 do
	local a = 2 + (at - 1) * 5
	local key, kind, start = KEYS[at + 1], ARGV[a + 1], ARGV[a + 2]
	local amount = { tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4]), tonumber(ARGV[a + 5]) }
	if kind == 'l' then
		redis.call('ZREM', key, start)
	else
		local text = redis.call('GET', key)
		local n = text and numbers(text)
		local place
		if n and kind == 'f' and n[1] == tonumber(start) then
			place = 3
		elseif n and kind == 's' then
			local from, width = string.match(start, '(%d+) (%d+)')
			local back = n[1] - math.floor(tonumber(from) / tonumber(width))
			place = back >= 0 and back < 12 and 2 + (11 - back) * 3
		end
		if place then
			local left = subtract({ n[place], n[place + 1], n[place + 2] }, amount)
			n[place], n[place + 1], n[place + 2] = left[1], left[2], left[3]
			keep(key, n)
		end
	end
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', 86400)
return 1
