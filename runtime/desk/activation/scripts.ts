import { operationScript } from '../../engine/commit/operation.ts';
import { POLICY_HISTORY } from '../../engine/policy/policy-history.ts';

const NOW_MS = `
local now = redis.call('TIME')
local nowMs = now[1] * 1000 + math.floor(now[2] / 1000)
local function ms(value) return string.format('%.0f', value) end
`;

/**
 * Puts a gate into the mode of an activation and its watch on record, in one step, if the policy is still the one the
 * checklist was about. KEYS[7] is the record. ARGV: gate, version expected, mode before, mode after, new version, length
 * of the watch in ms, lines passed over, then fields of the record.
 */
export const ACTIVATE = {
  name: 'portcullisActivate',
  text: operationScript(`${POLICY_HISTORY}${NOW_MS}
local gate, expected, from, to, version, span, forced = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9]
local record = KEYS[7]
local wrong = wrongType({ [policy] = 'hash', [KEYS[6]] = 'stream', [KEYS[2]] = 'stream' })
if wrong then return finish({ refused = wrong }) end
local was = redis.call('HMGET', policy, 'version', 'mode')
if (was[1] or '') ~= expected or (was[2] or '') ~= from then return unchanged({ moved = true }) end
first()
redis.call('HSET', policy, 'mode', to, 'version', version, 'actor', actor, 'reason', reason, 'since', seconds)
history('mode', '')
redis.call('DEL', record)
redis.call('HSET', record, 'id', version, 'state', 'watching', 'from', from, 'to', to, 'started_ms', ms(nowMs),
  'until_ms', ms(nowMs + tonumber(span)), 'actor', actor, 'reason', reason, 'forced', forced, 'decisions', '0',
  'looked_ms', ms(nowMs), 'ended_ms', '', 'outcome', '', unpack(ARGV, 10))
local despite = forced == '' and '' or ' despite ' .. forced
ledger({ action = 'activate', gate = gate, before = from, after = to .. despite })
return finish({ moved = false })
`),
};

/**
 * Ends the watch of an activation, once: `rolled_back` puts the mode of before in force as well, if the gate is still in
 * the one it was put into. ARGV: gate, id of the activation, state, new version, decisions seen.
 */
export const END = {
  name: 'portcullisActivationEnd',
  text: operationScript(`${POLICY_HISTORY}${NOW_MS}
local gate, id, state, version, decisions = ARGV[3], ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local record = KEYS[7]
local wrong = wrongType({ [policy] = 'hash', [KEYS[6]] = 'stream', [KEYS[2]] = 'stream', [record] = 'hash' })
if wrong then return finish({ refused = wrong }) end
local known = redis.call('HMGET', record, 'id', 'state', 'from', 'to')
if known[1] ~= id or known[2] ~= 'watching' then return unchanged({ ended = false, state = known[2] or '' }) end
local from, to = known[3], known[4]
local mode = redis.call('HGET', policy, 'mode')
if mode ~= to and state ~= 'ended' then
  state = 'ended'
  reason = 'somebody put it into ' .. (mode or 'no mode') .. ' meanwhile'
elseif state == 'rolled_back' then
  first()
  redis.call('HSET', policy, 'mode', from, 'version', version, 'actor', actor, 'reason', reason, 'since', seconds)
  history('mode', '')
end
redis.call('HSET', record, 'state', state, 'ended_ms', ms(nowMs), 'outcome', reason, 'decisions', decisions)
local after = state == 'rolled_back' and from or mode
ledger({ action = 'activation_' .. state, gate = gate, before = to, after = after or '' })
return finish({ ended = true, state = state, outcome = reason })
`),
};

/** Notes how far a watch has looked, while it goes on. KEYS[1] is the record; ARGV: id of the activation, decisions seen. */
export const LOOKED = `#!lua flags=allow-oom
local known = redis.call('HMGET', KEYS[1], 'id', 'state')
if known[1] ~= ARGV[1] or known[2] ~= 'watching' then return 0 end
local now = redis.call('TIME')
redis.call('HSET', KEYS[1], 'decisions', ARGV[2], 'looked_ms', string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000)))
return 1
`;
