import { z } from 'zod';
import { FaultKind, type Faults } from './faults.ts';
import type { ListenKeys } from './listen-keys.ts';
import type { Streams } from './streams.ts';
import { transferEvent } from './user-events.ts';
import type { Venue } from './venue.ts';

const symbol = z.string().min(1);
const apiKey = z.string().min(1);
const on = z.boolean();
const ms = z.number().int();
const kind = z.enum(['user', 'market']).optional();

/** What a local exchange can be told to do wrong, or to change: one command, in code or as JSON to `POST /control`. */
export const Command = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('fail'),
    with: FaultKind,
    path: z.string().startsWith('/').optional(),
    times: z.number().int().positive().optional(),
    forMs: z.number().positive().optional(),
  }),
  z.strictObject({ do: z.literal('heal') }),
  z.strictObject({ do: z.literal('clock_offset'), ms }),
  z.strictObject({ do: z.literal('drop_streams'), kind }),
  z.strictObject({ do: z.literal('refuse_streams'), on }),
  z.strictObject({ do: z.literal('half_frame') }),
  z.strictObject({ do: z.literal('expire_listen_keys') }),
  z.strictObject({ do: z.literal('mute_user_events'), on }),
  z.strictObject({ do: z.literal('user_events'), repeat: on.optional(), reorder: on.optional() }),
  z.strictObject({ do: z.literal('set_mark'), symbol, price: z.number().positive().nullable() }),
  z.strictObject({ do: z.literal('zero_marks'), symbols: z.array(symbol) }),
  z.strictObject({ do: z.literal('deposit'), apiKey, usd: z.number() }),
  z.strictObject({ do: z.literal('withdraw'), apiKey, usd: z.number() }),
  z.strictObject({ do: z.literal('wallet'), apiKey, usd: z.number() }),
  z.strictObject({ do: z.literal('absurd_equity'), apiKey, usd: z.number(), readings: z.number().int().positive() }),
  z.strictObject({ do: z.literal('foreign_asset'), apiKey, asset: z.string().min(1), balance: z.number() }),
  z.strictObject({ do: z.literal('hedge_mode'), apiKey, on }),
  z.strictObject({ do: z.literal('leverage_field'), on }),
  z.strictObject({ do: z.literal('list_flat'), on }),
  z.strictObject({ do: z.literal('delist'), symbol }),
  z.strictObject({ do: z.literal('candle_hole'), symbol, fromMs: ms, toMs: ms }),
]);

/** A command as it is written. */
export type Command = z.input<typeof Command>;

/** The parts of a local exchange that commands change. */
export interface Controlled {
  readonly venue: Venue;
  readonly faults: Faults;
  readonly streams: Streams;
  readonly listenKeys: ListenKeys;
}

type Parsed = z.output<typeof Command>;
type Deeds = { readonly [Name in Parsed['do']]: (parts: Controlled, command: Extract<Parsed, { do: Name }>) => void };

const DEEDS: Deeds = {
  fail: ({ faults, venue }, command) => faults.add(command.with, whereOf(command), venue.nowMs()),
  heal: ({ faults }) => faults.heal(),
  clock_offset: ({ venue }, { ms: offsetMs }) => {
    venue.offsetMs = offsetMs;
  },
  drop_streams: ({ streams }, command) => streams.drop(command.kind),
  refuse_streams: ({ venue }, command) => {
    venue.oddities.refuseStreams = command.on;
  },
  half_frame: ({ streams }) => streams.sendHalfFrame(),
  expire_listen_keys: ({ listenKeys }) => listenKeys.expireAll(),
  mute_user_events: ({ venue }, command) => {
    venue.oddities.muteEvents = command.on;
  },
  user_events: ({ venue }, { repeat = false, reorder = false }) => {
    venue.oddities.repeatEvents = repeat;
    venue.oddities.reverseEvents = reorder;
  },
  set_mark: ({ venue }, command) => venue.setMark(command.symbol, command.price),
  zero_marks: ({ venue }, { symbols }) => {
    venue.zeroMarks.clear();
    for (const one of symbols) venue.zeroMarks.add(one);
  },
  deposit: (parts, command) => transfer(parts, command.apiKey, command.usd),
  withdraw: (parts, command) => transfer(parts, command.apiKey, -command.usd),
  wallet: ({ venue }, command) => {
    venue.requireAccount(command.apiKey).account.walletUsd = command.usd;
  },
  absurd_equity: ({ venue }, command) => {
    venue.requireAccount(command.apiKey).shown = { usd: command.usd, readings: command.readings };
  },
  foreign_asset: ({ venue }, command) => {
    venue.requireAccount(command.apiKey).account.foreignAssets.set(command.asset, command.balance);
  },
  hedge_mode: ({ venue }, command) => {
    const changed = venue.requireAccount(command.apiKey).account.setHedgeMode(command.on);
    if (!changed) throw new RangeError('expected no open position while the position mode changes');
  },
  leverage_field: ({ venue }, command) => {
    venue.oddities.leverageMissing = !command.on;
  },
  list_flat: ({ venue }, command) => {
    venue.oddities.listFlat = command.on;
  },
  delist: ({ venue }, command) => {
    venue.requireSymbol(command.symbol);
    venue.delisted.set(command.symbol, venue.marketMs());
  },
  candle_hole: ({ venue }, command) => venue.addHole(command),
};

/** Does what a command says; throws when it is none, or names an account or a symbol that the exchange does not have. */
export function obey(parts: Controlled, written: unknown): void {
  const parsed = Command.safeParse(written);
  if (!parsed.success) throw new RangeError(`expected a command, got ${z.prettifyError(parsed.error)}`);
  const deed = DEEDS[parsed.data.do] as (parts: Controlled, command: Parsed) => void;
  deed(parts, parsed.data);
}

function transfer({ venue, streams, listenKeys }: Controlled, key: string, usd: number): void {
  const kept = venue.requireAccount(key);
  venue.transfer(kept, usd);
  streams.tell(listenKeys.keyOf(key) ?? '', [transferEvent(venue, kept, usd)]);
}

function whereOf(command: Extract<Parsed, { do: 'fail' }>): { path?: string; times?: number; forMs?: number } {
  const { path, times, forMs } = command;
  return {
    ...(path !== undefined && { path }),
    ...(times !== undefined && { times }),
    ...(forMs !== undefined && { forMs }),
  };
}
