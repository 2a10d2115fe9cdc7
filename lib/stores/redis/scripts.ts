import { createHash } from 'node:crypto';
import { LONGEST_VALUE } from '../contract/check-key.js';

/** Longest value that a message has. Each process that listens is sent it, while it may need another key only. */
const LONGEST_MESSAGE = 16 * 1024;

/** A script of Redis: all of it is done at once, while no other client is served. */
export interface Script {
  readonly source: string;
  readonly sha1: string;
}

/**
 * KEYS: the salt; the key. ARGV: a new salt. A revision shows that contents differ, but nobody can guess a value from it
 * without the salt, which stays in Redis.
 */
const COMMON = `
local function revision(value)
  local salt = redis.call('GET', KEYS[1])
  if not salt then
    salt = ARGV[1]
    redis.call('SET', KEYS[1], salt)
  end
  return redis.sha1hex(salt .. value)
end
local function valueOf(key)
  if redis.call('STRLEN', key) > ${LONGEST_VALUE} then error('TOOLONG') end
  return redis.call('GET', key)
end
local function publish(channel, name, value)
  if value and #value <= ${LONGEST_MESSAGE} then name = name .. '\\n' .. revision(value) .. '\\n' .. value end
  redis.call('PUBLISH', channel, name)
end
`;

/** Returns the revision and the value, or nothing. */
export const GET = script(`
local value = valueOf(KEYS[2])
return value and { revision(value), value }
`);

/**
 * KEYS: … the index of names; the owner of the key; optional: the session. ARGV: … the name of the key, without the prefix;
 * the channel; the condition: `any`, `absent` or `is`; the revision for `is`; `set` or `delete`; the value; the session.
 *
 * What may fail comes before the write of the key, because Redis undoes nothing: `PUBLISH` may be forbidden.
 */
export const PUT = script(`
local name, channel, condition, wanted, act, value, id = unpack(ARGV, 2)
if redis.acl_check_cmd and not redis.acl_check_cmd('PUBLISH', channel, '') then
  return redis.error_reply('NOPERM no permission for the channel')
end
if id ~= '' and redis.call('EXISTS', KEYS[5]) == 0 then return { 'ended' } end
if condition ~= 'any' then
  local now = valueOf(KEYS[2])
  if condition == 'absent' and now then return { 'conflict' } end
  if condition == 'is' and not (now and revision(now) == wanted) then return { 'conflict' } end
end
if act == 'delete' then
  redis.call('ZREM', KEYS[3], name)
  redis.call('DEL', KEYS[4])
  if redis.call('DEL', KEYS[2]) == 1 then publish(channel, name) end
  return { 'done' }
end
redis.call('ZADD', KEYS[3], 0, name)
if id == '' then
  redis.call('DEL', KEYS[4])
  redis.call('SET', KEYS[2], value)
else
  local ttl = math.max(1, redis.call('PTTL', KEYS[5]))
  redis.call('SADD', KEYS[5], name)
  redis.call('SET', KEYS[4], id, 'PX', ttl)
  redis.call('SET', KEYS[2], value, 'PX', ttl)
end
publish(channel, name, value)
return { 'done', revision(value) }
`);

/**
 * KEYS: the salt; the index of names. ARGV: a new salt; the prefix of the store; the range of names, as `ZRANGEBYLEX` takes
 * it; the maximum number of entries. Returns whether there may be more, then a name, a revision and a value of each.
 */
export const LIST = script(`
local prefix, from, to, limit = ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local page, size = { 0 }, 0
while true do
  local names = redis.call('ZRANGEBYLEX', KEYS[2], from, to, 'LIMIT', 0, limit)
  for _, name in ipairs(names) do
    local value = valueOf(prefix .. name)
    if not value then
      redis.call('ZREM', KEYS[2], name)
    elseif #page >= limit * 3 or (size > 0 and size + #value > ${LONGEST_VALUE}) then
      page[1] = 1
      return page
    else
      size = size + #value
      for _, part in ipairs({ name, revision(value), value }) do page[#page + 1] = part end
    end
  end
  if #names < limit then return page end
  from = '(' .. names[#names]
end
`);

/** A session is the set of the names of its keys. KEYS: the session. ARGV: its ttl. */
export const OPEN_SESSION = script(`
redis.call('SADD', KEYS[1], '')
return redis.call('PEXPIRE', KEYS[1], ARGV[1])
`);

/**
 * KEYS: the session; the index of names. ARGV: its id; the prefix of the store; the prefix of the owners. A key is of another
 * session now if its owner says so, and of none if it has no ttl: it was set by hand.
 */
const KEYS_OF_SESSION = `
local id, prefix, owners = unpack(ARGV)
local function forEachKey(work)
  for _, name in ipairs(redis.call('SMEMBERS', KEYS[1])) do
    local key, owner = prefix .. name, owners .. name
    if name == '' then
      -- Keeps the set, which would not exist without a member.
    elseif redis.call('GET', owner) == id and redis.call('PTTL', key) >= 0 then
      work(name, key, owner)
    else
      redis.call('SREM', KEYS[1], name)
    end
  end
end
`;

/** ARGV: … its ttl. Returns 0 if it has ended. */
export const RENEW_SESSION = script(
  `
local ttl = ARGV[4]
forEachKey(function(name, key, owner)
  redis.call('PEXPIRE', key, ttl)
  redis.call('PEXPIRE', owner, ttl)
end)
return redis.call('PEXPIRE', KEYS[1], ttl)
`,
  KEYS_OF_SESSION,
);

/** ARGV: … the channel. */
export const END_SESSION = script(
  `
forEachKey(function(name, key, owner)
  redis.call('ZREM', KEYS[2], name)
  redis.call('DEL', key, owner)
  redis.call('PUBLISH', ARGV[4], name)
end)
return redis.call('DEL', KEYS[1])
`,
  KEYS_OF_SESSION,
);

function script(source: string, common = COMMON): Script {
  const whole = common + source;
  return { source: whole, sha1: createHash('sha1').update(whole).digest('hex') };
}
