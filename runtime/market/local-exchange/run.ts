import { candleIntervalMs } from '../../../schemas/candle.ts';
import { onStop } from '../../settings/stop-signal.ts';
import { type CandleSeries, may2021Candles } from './candles.ts';
import { type LocalExchange, startLocalExchange } from './index.ts';

/** The account of an exchange that is started by itself: a key that is worth nothing. */
const ACCOUNT = { apiKey: 'local-key', apiSecret: 'local-secret', balanceUsd: 100_000 };

/** How an exchange is run by itself. */
export interface RunExchangeOptions {
  /** Loopback port; 0 is a free one. */
  readonly port: number;
  /** How long an hour of May 2021 takes. */
  readonly pace: '1m' | '1h';
  readonly out?: { write(text: string): unknown };
  /** Ends the exchange; SIGINT and SIGTERM without it. */
  readonly signal?: AbortSignal;
}

/** Runs a local exchange with one account until it is told to end, and prints how to point the gates at it. Answers with the exit code. */
export async function runExchange(options: RunExchangeOptions): Promise<number> {
  const { port, pace, out = process.stdout } = options;
  const candles = may2021Candles({ barMs: candleIntervalMs[pace] });
  const exchange = await startedOn(port, candles);
  for (const line of firstLines(exchange, pace)) out.write(`${line}\n`);
  await ended(options.signal);
  await exchange.stop();
  return 0;
}

async function startedOn(port: number, candles: CandleSeries): Promise<LocalExchange> {
  try {
    return await startLocalExchange({ port, candles, accounts: [ACCOUNT] });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`expected port ${port} of 127.0.0.1 to be free, got one in use: name another with --port`);
  }
}

function firstLines({ url, wsUrl }: LocalExchange, pace: string): readonly string[] {
  const settings = {
    BINANCE_TESTNET_API_KEY: ACCOUNT.apiKey,
    BINANCE_TESTNET_API_SECRET: ACCOUNT.apiSecret,
    BINANCE_BASE_URL: url,
    BINANCE_WS_URL: wsUrl,
    MARKET_INTERVAL: pace,
  };
  const line = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return [
    `Local exchange on ${url}: SIMULATED, an hour of May 2021 in ${pace}, one account of $${ACCOUNT.balanceUsd}`,
    'Run the gates on it:',
    `  ${line.join(' ')} npm start`,
    'Make it go wrong, for example:',
    `  curl -X POST ${url}/control -d '{"do":"fail","with":{"kind":"banned","forMs":30000}}'`,
    'Ctrl-C ends it; its account is then gone.',
  ];
}

function ended(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal !== undefined) {
      signal.addEventListener('abort', () => resolve(), { once: true });
      return;
    }
    const stopListening = onStop(() => {
      stopListening();
      resolve();
    });
  });
}
