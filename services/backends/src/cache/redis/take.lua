-- Takes requests out of a leaky bucket, by the rule of rate.rs. What is kept is the instant at which it will be empty.
-- KEYS: the bucket. ARGV: the time now (whole seconds, and ns on top), what a request costs and what the bucket holds (ns), how many
-- requests are wanted.
-- Answers how many of them may pass, and how full the bucket is then (ns).

-- An instant in ns is beyond 2^53, up to which a double is exact: it is kept in two parts, and only differences are in ns.
local second, nano = tonumber(ARGV[1]), tonumber(ARGV[2])
local cost, room, wanted = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])

local fill = 0
local kept = redis.call('GET', KEYS[1])
if kept then
  local empty_second, empty_nano = string.match(kept, '^(%d+)%.(%d+)$')
  fill = math.max(0, (tonumber(empty_second) - second) * 1e9 + tonumber(empty_nano) - nano)
end
local taken = math.max(0, math.min(wanted, math.floor((room - fill) / cost)))
if taken == 0 then
  return { 0, fill }
end

fill = fill + taken * cost
local empty_nano = nano + fill
local empty_at = string.format('%d.%09d', second + math.floor(empty_nano / 1e9), empty_nano % 1e9)
-- kept a minute longer than it counts, for those whose clock is behind
local keep = string.format('%d', math.ceil(fill / 1e6) + 60000)
redis.call('SET', KEYS[1], empty_at, 'PX', keep)
return { taken, fill }
