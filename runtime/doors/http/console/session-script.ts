import { HOUR_MS, MINUTE_MS } from '../../../../schemas/duration.ts';

/** How long a session lasts, however it is used (ms). */
export const SESSION_LIFE_MS = 12 * HOUR_MS;
/** How long a session lasts without a request (ms). */
const SESSION_IDLE_MS = HOUR_MS;

/** A use is noted once a minute: not every look is a write. */
const NOTED_EVERY_MS = MINUTE_MS;

const NOW = `#!lua flags=allow-oom
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local idle = ${SESSION_IDLE_MS}
local function text(ms) return string.format('%.0f', ms) end
`;

/**
 * Lua: begins a session at KEYS[1] of role ARGV[1], name ARGV[2], CSRF token ARGV[3] and proof ARGV[4]; gives the Unix
 * ms at which it ends. Works on a server that is out of memory: whoever wants to stop trading must get in.
 */
export const BEGIN_SESSION = {
  name: 'portcullisBeginSession',
  text: `${NOW}
local ends = text(now + ${SESSION_LIFE_MS})
redis.call('HSET', KEYS[1], 'role', ARGV[1], 'name', ARGV[2], 'csrf', ARGV[3], 'proof', ARGV[4],
  'ends_ms', ends, 'used_ms', text(now))
redis.call('PEXPIRE', KEYS[1], idle)
return ends
`,
};

/**
 * Lua: role, name, CSRF token, proof and end of the session at KEYS[1], noted as used now; false when there is none or
 * its time is over, by the server's clock: the key's own expiry only clears up.
 */
export const USE_SESSION = {
  name: 'portcullisUseSession',
  text: `${NOW}
local found = redis.call('HMGET', KEYS[1], 'role', 'name', 'csrf', 'proof', 'ends_ms', 'used_ms')
local ends, used = tonumber(found[5] or ''), tonumber(found[6] or '')
if not ends or not used then return false end
if now >= ends or now - used >= idle then
  redis.call('DEL', KEYS[1])
  return false
end
if now - used >= ${NOTED_EVERY_MS} then
  redis.call('HSET', KEYS[1], 'used_ms', text(now))
  redis.call('PEXPIRE', KEYS[1], math.min(idle, ends - now))
end
return { found[1], found[2], found[3], found[4], found[5] }
`,
};
