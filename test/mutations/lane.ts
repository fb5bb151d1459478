import type { Mutation } from './mutation.ts';

/** The lane: one reader at a time, nothing lost, nothing judged on figures of before. */
export const laneMutations: readonly Mutation[] = [
  {
    breaks: 'a lease that another worker holds is not taken',
    file: 'runtime/engine/lane/hold.lua',
    from: 'if holder and holder ~= worker then',
    to: 'if false then',
    test: 'test/integration/engine/lease.test.ts',
    dies: 'of two workers one has a lease',
  },
  {
    breaks: 'a worker that could not renew its lease does not take itself for the reader',
    file: 'runtime/engine/lane/lease.ts',
    from: 'return performance.now() < this.#untilMs;',
    to: 'return this.#untilMs > 0;',
    test: 'test/integration/engine/lease.test.ts',
    dies: 'one whose work stands still is not renewed',
  },
  {
    breaks: 'a lost group is created where the mark stands, so that nothing is skipped',
    file: 'runtime/engine/lane/ensure-group.lua',
    from: "redis.call('XGROUP', 'CREATE', stream, name, start, 'MKSTREAM')",
    to: "redis.call('XGROUP', 'CREATE', stream, name, '$', 'MKSTREAM')",
    test: 'test/integration/engine/start-and-drain.test.ts',
    dies: 'what was written before the first start is judged',
  },
  {
    breaks: 'a message of a batch sees what those before it write',
    file: 'runtime/engine/lane/overlay.ts',
    from: "return { kind: 'text', text: textAfter(raw.text, effect, nowMs), wrongType: false };",
    to: 'return raw;',
    test: 'test/integration/engine/overlay.test.ts',
    dies: 'what a later message of a batch sees',
  },
  {
    breaks: 'what a worker that died left is taken over',
    file: 'runtime/engine/lane/recovery.ts',
    from: 'if (performance.now() - this.#atMs < this.#everyMs) return all;',
    to: 'if (this.#atMs < 0) return all;',
    test: 'test/integration/engine/lane-recovery.test.ts',
    dies: 'what a crashed worker left is taken over',
  },
];
