import { createHash, createHmac, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Role } from '../../../../schemas/api/session.ts';
import { HOUR_MS, MINUTE_MS } from '../../../../schemas/duration.ts';
import { runtimeKeys } from '../../../../schemas/keys.ts';
import { type LuaScript, luaScript, runScript } from '../../../redis/lua.ts';
import { askRedis, type HttpOptions, type PortfolioContext } from '../context.ts';

/** How long a session lasts, however it is used (ms). */
export const SESSION_LIFE_MS = 12 * HOUR_MS;
/** How long a session lasts without a request (ms). */
const SESSION_IDLE_MS = HOUR_MS;
/** A use is noted once a minute. */
const NOTED_EVERY_MS = MINUTE_MS;

const BEGIN_SESSION = luaScript('portcullisBeginSession', new URL('./begin-session.lua', import.meta.url));
const USE_SESSION = luaScript('portcullisUseSession', new URL('./use-session.lua', import.meta.url));

/** Somebody who is signed in. */
export interface ConsoleSession {
  readonly role: Role;
  /** The name under which changes go to the ops ledger. */
  readonly name: string;
  /** What a change must present besides the cookie. */
  readonly csrf: string;
  /** Unix ms at which it ends, however it is used. */
  readonly endsMs: number;
}

/** The tokens whose change ends the sessions that were begun with them. */
type Tokens = Pick<HttpOptions, 'adminToken' | 'adminTokenMade' | 'viewerToken'>;

const StoredFields = z.tuple([Role, z.string(), z.string(), z.string(), z.string()]);

/**
 * The sessions of the console, kept in Redis beside the first portfolio, so that every worker knows them and a restart
 * keeps people signed in. Stored are the hash of a session's id and a proof of the token it was begun with: who reads
 * Redis can neither use a session nor learn a token, and a token that is exchanged ends the sessions of the old one.
 * Own, because packages end a session by the clock of the machine: these end by Redis's, for every worker alike.
 */
export class Sessions {
  readonly #context: PortfolioContext;
  readonly #tokens: Tokens;

  constructor(context: PortfolioContext, tokens: Tokens) {
    this.#context = context;
    this.#tokens = tokens;
  }

  /** Begins a session; `id` is the secret that its cookie carries. */
  async begin(role: Role, name: string): Promise<{ readonly id: string; readonly session: ConsoleSession }> {
    const id = randomBytes(32).toString('base64url');
    const csrf = randomBytes(24).toString('base64url');
    const endsMs = await this.#run(BEGIN_SESSION, id, [
      role,
      name,
      csrf,
      this.#proof(role, id),
      SESSION_LIFE_MS,
      SESSION_IDLE_MS,
    ]);
    return { id, session: { role, name, csrf, endsMs: Number(endsMs) } };
  }

  /** The session of an id, noted as used now; `undefined` when there is none, or its time or its token is over. */
  async use(id: string): Promise<ConsoleSession | undefined> {
    const stored = StoredFields.safeParse(await this.#run(USE_SESSION, id, [SESSION_IDLE_MS, NOTED_EVERY_MS])).data;
    if (stored === undefined) return undefined;
    const [role, name, csrf, proof, ends] = stored;
    return proof === this.#proof(role, id) ? { role, name, csrf, endsMs: Number(ends) } : undefined;
  }

  /** Ends a session at once, in every worker. */
  async end(id: string): Promise<void> {
    await askRedis(this.#context, (redis) => redis.del(this.#key(id)));
  }

  async #run(script: LuaScript, id: string, args: readonly (string | number)[]): Promise<unknown> {
    return await askRedis(this.#context, (redis) => runScript(redis, script, [this.#key(id)], args));
  }

  #key(id: string): string {
    return this.#context.portfolio.key(runtimeKeys.session(createHash('sha256').update(id).digest('hex')));
  }

  /** A token made at the start proves nothing: the next start makes another, and people stay signed in. */
  #proof(role: Role, id: string): string {
    const { adminToken, adminTokenMade, viewerToken } = this.#tokens;
    const ofOperator = adminTokenMade === true ? '' : adminToken;
    const token = role === 'operator' ? ofOperator : (viewerToken ?? '');
    return createHmac('sha256', token).update(id).digest('hex');
  }
}
