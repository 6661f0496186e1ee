-- Stores an entry unless one with the same or a newer version is there and still counts.
-- KEYS: the entry. ARGV: the new entry as bytes (entry.rs), the time now (us), how long the server keeps it (ms).
-- Answers 1 when it was stored, else 0.

-- A version may be any 64-bit number, but a double is exact up to 2^53 only: it is compared by its halves.
local function head(entry)
  local version, low, ends_at, ends_low = struct.unpack('>i4I4i4I4', entry)
  return version, low, ends_at * 4294967296 + ends_low
end

local there = redis.call('GETRANGE', KEYS[1], 0, 15)
if #there == 16 then
  local version, low, ends_at = head(there)
  local new_version, new_low = head(ARGV[1])
  local stale = new_version < version or (new_version == version and new_low <= low)
  if stale and ends_at > tonumber(ARGV[2]) then
    return 0
  end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
return 1
