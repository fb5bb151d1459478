import { isIP } from 'node:net';

/** Which Binance: the testnet, or the exchange with real money. */
export type BinanceEnvironment = 'testnet' | 'production';

/** Where the USD-M futures of an environment answer. */
export interface BinanceEndpoints {
  readonly restUrl: string;
  readonly streamUrl: string;
}

const ENDPOINTS: Record<BinanceEnvironment, BinanceEndpoints> = {
  testnet: { restUrl: 'https://demo-fapi.binance.com', streamUrl: 'wss://fstream.binancefuture.com' },
  production: { restUrl: 'https://fapi.binance.com', streamUrl: 'wss://fstream.binance.com' },
};

/** The endpoints of an environment, each replaced by a setting where one is given; throws on one that would send a key in clear text. */
export function endpointsOf(environment: BinanceEnvironment, baseUrl?: string, wsUrl?: string): BinanceEndpoints {
  const own = ENDPOINTS[environment];
  return {
    restUrl: checkedUrl('BINANCE_BASE_URL', baseUrl ?? own.restUrl, 'https:', 'http:'),
    streamUrl: checkedUrl('BINANCE_WS_URL', wsUrl ?? own.streamUrl, 'wss:', 'ws:'),
  };
}

function checkedUrl(setting: string, text: string, safe: string, plain: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const example = `${safe}//host`;
  if (url === undefined || (url.protocol !== safe && url.protocol !== plain)) {
    throw new Error(`${setting}: expected an address such as ${example}, got one that is none. Correct the setting.`);
  }
  if (url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new Error(`${setting}: expected an address without user, query and fragment. Leave them out.`);
  }
  if (url.protocol === plain && !isLoopback(url.hostname)) {
    throw new Error(
      `${setting}: expected ${safe}// for a host that is not this machine, got ${plain}//. A key must not travel in clear text.`,
    );
  }
  return text.replace(/\/+$/, '');
}

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
