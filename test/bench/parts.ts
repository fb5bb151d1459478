/** The parts of a run, in order, and what each measures. */
export const parts = {
  throughput: 'each gate beside a BullMQ worker and a bare loop: messages a second, CPU, how long scripts hold Redis',
  pipeline: 'heat gate and HeatBridge in one process, all outputs, beside the bare loop of the heat gate alone',
  commits: 'how long commits hold Redis on a processor of its own, and what they cost it',
  ceiling: 'what redis-benchmark -P 50 can append',
  latency: 'heat gate beside the bare loop, from XADD to output, at several rates; again with 1 ms of network delay',
  aof: 'heat gate and its rivals with the append-only file off, everysec and always',
  network: 'heat gate with 1 ms of network delay',
  'slow-network':
    'two workers of heat gate and governor, 100 ms each way from Redis, 1 % of what is sent lost with its connection',
  positions: 'heat gate over a book of 10 to 10,000 positions',
  entries: 'heat gate behind 1,000 to 1,000,000 entries of its stream',
  workers: 'each gate with 1 to 4 worker processes',
  portfolios: 'heat gate on 1 to 100 portfolios in one process',
  idle: 'all gates on 1 to 1,000 portfolios on which nothing happens: what each costs, and how quick a busy one is beside them',
  door: 'one permit as clients see it, over HTTP and Redis, beside the plain round trip: 1 to 50 clients at two rates',
  console:
    'the console in Chromium while the heat gate decides 500 times a second: first content, clicks, and how large the page is',
  'book-risk': 'heat gate and governor over a book of 500, without and with the figures of its risk',
  candidate: 'each gate that has limits, without and with a candidate policy',
  replay: 'decisions judged again from Redis and from a file, beside the gates that made them',
  evidence: 'how long the way of a plan in 500,000 decisions takes, a report on 200,000 and an interval',
  sealing: 'what sealing the decision log costs beside the gates that write it',
  trace:
    'where the time of one message goes, in heat gate, HeatBridge and governor, beside their bare loops: microseconds of each step',
  'log-size': 'what a decision of heat gate and governor takes in the log, in the append-only file and in Redis',
  memory:
    'a million messages through the heat gates of ten portfolios in one worker, in steps and at once, and what it holds',
} as const;

/** One of `parts`. */
export type BenchPart = keyof typeof parts;

/** The parts by name, in order. */
export const partNames = Object.keys(parts) as readonly BenchPart[];

/** What `--quick` measures. */
export const quickParts: readonly BenchPart[] = ['throughput', 'ceiling', 'latency'];
