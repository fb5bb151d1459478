import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aclUserNames, setAclUsers } from '../../support/acl-users.ts';
import { startRedis, type TestRedis } from '../../support/redis.ts';
import { mayCall, type ServerCommand, serverCommands } from '../../support/redis-rights.ts';

/** One key of every family, and one of somebody else. */
const PERMIT = 'quantum:permit:p';
const KILL = 'quantum:kill';
const PLANS = 'quantum:stream:apply.plan';
const RESULTS = 'quantum:stream:apply.result';
const PROPOSALS = 'quantum:stream:harvest.proposal';
const CALIBRATED = 'quantum:stream:harvest.calibrated';
const EVENTS = 'quantum:stream:governor.events';
const SNAPSHOTS = 'quantum:stream:position.snapshot';
const STATE = 'quantum:state:portfolio';
const HEAT = 'quantum:state:heat';
const MARKET = 'quantum:state:market:BTCUSDT';
const POSITION = 'quantum:position:snapshot:BTCUSDT';
const CLUSTER = 'quantum:cluster:one';
const BUDGET = 'quantum:portfolio:budget:BTCUSDT';
const BLOCK = 'quantum:governor:block:p';
const LOOKUP = 'quantum:harvest:heat:by_plan:p';
const MAILBOX = 'quantum:reply:default:one';
const OTHERS = [
  'quantum:reply:another:one',
  'quantum:stream:decisions',
  'quantum:stream:ops.ledger',
  'quantum:stream:budget.violation',
  'quantum:stream:harvest.heat.decision',
  'quantum:governor:state',
  'quantum:policy:governor',
  'quantum:portcullis:book',
  'quantum:bull:budgets:meta',
];
const FOREIGN = 'other:kill';
const OWN = [
  ...[PERMIT, KILL, PLANS, RESULTS, PROPOSALS, CALIBRATED, EVENTS, SNAPSHOTS, STATE, HEAT, MARKET, POSITION],
  ...[CLUSTER, BUDGET, BLOCK, LOOKUP, MAILBOX, ...OTHERS],
];

/** Commands that Redis lets everybody call, before a password too. */
const ALWAYS = ['auth', 'hello', 'quit', 'reset'];
const CONNECTED = [...ALWAYS, 'client|setname', 'info', 'ping'];
const LOOK = ['exists', 'get', 'hget', 'hgetall', 'hmget', 'ttl', 'xrange', 'xread', 'xrevrange'];
const GROUP = ['xack', 'xautoclaim', 'xclaim', 'xgroup|create', 'xpending', 'xreadgroup'];

/** What a role may do, and nothing else: commands without a key, and commands by the keys that they may touch. */
interface Rights {
  readonly plain: readonly string[];
  readonly on: readonly (readonly [commands: readonly string[], keys: readonly string[]])[];
}

const executor: Rights = {
  plain: CONNECTED,
  on: [
    [['getdel'], [PERMIT]],
    [['xadd'], [RESULTS]],
    [GROUP, [CALIBRATED]],
    [LOOK, [CALIBRATED, PLANS, LOOKUP, BLOCK, KILL]],
  ],
};

const ROLES: Readonly<Record<string, Rights>> = {
  default: { plain: ALWAYS, on: [] },
  strategy: {
    plain: CONNECTED,
    on: [
      [['xadd'], [PROPOSALS, PLANS]],
      [LOOK, [CALIBRATED, EVENTS, LOOKUP, BUDGET, BLOCK, HEAT, KILL]],
    ],
  },
  trader: {
    plain: CONNECTED,
    on: [
      [['xadd'], [PLANS, RESULTS]],
      [['blpop'], [MAILBOX]],
    ],
  },
  executor,
  'executor-legacy': { ...executor, on: [...executor.on, [GROUP, [PLANS]]] },
  feed: {
    plain: CONNECTED,
    on: [
      [['xadd'], [SNAPSHOTS]],
      [
        ['del', 'expire', 'hdel', 'hgetall', 'hset'],
        [STATE, MARKET, POSITION, CLUSTER],
      ],
    ],
  },
  panic: { plain: [...ALWAYS, 'ping'], on: [[['set'], [KILL]]] },
};

/** Roles that may use whole categories of commands, on any key of their portfolio. */
const BROAD: Readonly<Record<string, (command: ServerCommand) => boolean>> = {
  monitor: ({ name, categories }) =>
    [...CONNECTED, 'time', 'eval_ro'].includes(name) || (categories.has('read') && !isRisky(categories)),
  portcullis: ({ name, categories }) => {
    if (/^(?:function|fcall|fcall_ro|script|move)(?:\||$)/.test(name)) return /^script\|(?:load|exists)$/.test(name);
    if (['info', 'time', 'subscribe', 'unsubscribe'].includes(name)) return true;
    const wanted = ['read', 'write', 'stream', 'scripting', 'transaction', 'connection'];
    return ALWAYS.includes(name) || (wanted.some((one) => categories.has(one)) && !isRisky(categories));
  },
};

function isRisky(categories: ReadonlySet<string>): boolean {
  return ['dangerous', 'geo', 'hyperloglog', 'bitmap'].some((one) => categories.has(one));
}

let redis: TestRedis;
let commands: readonly ServerCommand[];

beforeAll(async () => {
  redis = await startRedis();
  await setAclUsers(redis);
  commands = await serverCommands(redis.client);
});
afterAll(async () => redis.stop());

/** Every call of the server's commands on one key of each family that a user may make, as `command key`. */
async function allowed(user: string): Promise<string[]> {
  const found: string[] = [];
  for (const command of commands) {
    if (!command.hasKeys) {
      if (await mayCall(redis.client, user, command.call(''))) found.push(command.name);
      continue;
    }
    for (const key of [...OWN, FOREIGN]) {
      if (await mayCall(redis.client, user, command.call(key))) found.push(`${command.name} ${key}`);
    }
  }
  return found.sort();
}

describe('the rights of deploy/redis/users.acl', () => {
  it('are looked at for every command of the server, and every user', () => {
    expect(commands.length).toBeGreaterThan(300);
    expect([...aclUserNames].sort()).toEqual([...Object.keys(ROLES), ...Object.keys(BROAD)].sort());
  });

  it.each(Object.entries(ROLES).filter(([role]) => role !== 'default'))(
    'of %s are these, and everything else is refused',
    async (role, { plain, on }) => {
      const calls = on.flatMap(([names, keys]) => names.flatMap((name) => keys.map((key) => `${name} ${key}`)));
      expect(await allowed(role)).toEqual([...new Set([...plain, ...calls])].sort());
    },
  );

  it.each(Object.entries(BROAD))(
    'of %s are its categories of commands on its portfolio, and everything else is refused',
    async (role, may) => {
      const calls = commands
        .filter(may)
        .flatMap(({ name, hasKeys }) => (hasKeys ? OWN.map((key) => `${name} ${key}`) : [name]));
      const channel = ['subscribe', 'ssubscribe', 'psubscribe'];
      const isCall = (call: string) => !channel.includes(call);
      expect((await allowed(role)).filter(isCall)).toEqual(calls.filter(isCall).sort());
    },
  );

  it('of the gates hear of nothing but what they track', async () => {
    expect(await mayCall(redis.client, 'portcullis', ['SUBSCRIBE', '__redis__:invalidate'])).toBe(true);
    expect(await mayCall(redis.client, 'portcullis', ['SUBSCRIBE', 'anything'])).toBe(false);
  });
});
