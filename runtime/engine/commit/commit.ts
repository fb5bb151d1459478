import type { Redis } from 'ioredis';
import { luaScript, runScript } from '../../redis/lua.ts';
import type { PackedRequest } from './compact.ts';
import type { PackedMessage } from './request.ts';
import type { SharedFacts } from './shared-facts.ts';

const COMMIT = luaScript('portcullisCommit', new URL('./commit.lua', import.meta.url));

/** What must still be as it was judged on: a string key, or one field of a hash. `false` is absent. */
export interface Guard {
  readonly key: string;
  readonly field?: string;
  readonly value: string | false;
  /** Set when the value is no UTF-8: then `value` spells its bytes in hexadecimal. */
  readonly hex?: true;
}

/** One batch to commit. All keys are whole names. */
export interface CommitRequest {
  readonly stream: string;
  readonly group: string;
  /** Names this attempt: the same nonce again gives the stored reply and writes nothing. */
  readonly nonce: string;
  /** Key of this worker's last reply. */
  readonly last: string;
  /** The commit sent just before this one: unless it was answered, all is a conflict. `false` without one. */
  readonly after: Pick<CommitRequest, 'last' | 'nonce'> | false;
  readonly mark: string;
  readonly finished: string;
  readonly decisions: string;
  /** Stream that tells in which commits a plan was decided. */
  readonly planIndex: string;
  /** Counts the commits of the portfolio; `false` where nobody looks at that. */
  readonly commits: string | false;
  readonly token: string;
  readonly serial: boolean;
  /** Applies effects without a source entry to acknowledge. */
  readonly watch: boolean;
  /** Simulated Unix ms for the ids of emitted entries; `false` by Redis's clock. */
  readonly clock: string | false;
  /** Unix ms by Redis's clock after which what was judged has to be judged again; `false` never. */
  readonly validUntil: string | false;
  /** Unix ms by Redis's clock at which it was judged; `false` under a simulated clock, which stands still. */
  readonly judgedMs: string | false;
  readonly guards: readonly Guard[];
  /** What messages of it share with others; `false` where no log names any. */
  readonly facts: FactsRequest | false;
  readonly messages: readonly PackedMessage[];
}

/** The facts that logs of a batch name. All keys are whole names. */
export interface FactsRequest {
  readonly stream: string;
  /** Hash that says which entry of each kind is the newest. */
  readonly newest: string;
  readonly schema: string;
  /** By what a log says in its place. */
  readonly shared: Readonly<Record<string, SharedFacts>>;
}

/** What became of one message of a batch. Best efforts count from 1; one that gave way to a newer entry is negative. */
export type CommitResult =
  | { readonly status: 'done'; readonly failedBestEfforts: readonly number[] }
  | { readonly status: 'duplicate' | 'gone' | 'trimmed' | 'conflict' | 'nogroup' }
  | { readonly status: 'refused'; readonly key: string }
  /** A stream that takes no more entries: its last id is the highest there is. */
  | { readonly status: 'full'; readonly key: string }
  | { readonly status: 'torn'; readonly error: string };

/**
 * Commits a batch: one result a message, in order. Sending the same request again after a lost reply is safe.
 * Errors are Redis's own (out of memory, connection closed for good): then nothing or everything was written.
 * `counted` is told how many commits the portfolio has had, this one included, unless what was asked had been done before.
 */
export async function commit(
  redis: Redis,
  request: CommitRequest,
  packed: PackedRequest,
  counted: (commits: number) => void = () => undefined,
): Promise<CommitResult[]> {
  const reply = (await runScript(redis, COMMIT, [request.stream], packed)) as string;
  const words = JSON.parse(reply) as string[];
  if (words.at(-1)?.startsWith('#') === true) counted(Number(words.pop()?.slice(1)));
  return words.map(resultOf);
}

function resultOf(word: string): CommitResult {
  const bar = word.indexOf('|');
  const status = bar < 0 ? word : word.slice(0, bar);
  const detail = bar < 0 ? '' : word.slice(bar + 1);
  switch (status) {
    case 'done':
      return { status, failedBestEfforts: detail === '' ? [] : detail.split(',').map(Number) };
    case 'duplicate':
    case 'gone':
    case 'trimmed':
    case 'conflict':
    case 'nogroup':
      return { status };
    case 'refused':
    case 'full':
      return { status, key: detail };
    case 'torn':
      return { status, error: detail };
    default:
      throw new Error(`expected a commit result, got ${JSON.stringify(word)}`);
  }
}
