import { createHmac } from 'node:crypto';

const HIDDEN = '***';
const SIGNATURE = /(signature|listenKey)=[^&\s"']+/gi;
const SHORTEST_SECRET = 4;
const PRINTABLE = /^[\x21-\x7e]*$/;

/** The keys of an account, kept where no log, error or inspection can print them. */
export class Secrets {
  readonly #apiKey: string;
  readonly #apiSecret: string;
  readonly #hidden = new Set<string>();

  constructor(apiKey: string, apiSecret: string) {
    for (const [what, text] of [
      ['API key', apiKey],
      ['API secret', apiSecret],
    ] as const) {
      if (!PRINTABLE.test(text))
        throw new Error(`${what}: expected letters and digits, got blanks or other characters`);
    }
    this.#apiKey = apiKey;
    this.#apiSecret = apiSecret;
    this.hide(apiKey);
    this.hide(apiSecret);
  }

  /** Whether there is a key and a secret to sign with. */
  get usable(): boolean {
    return this.#apiKey !== '' && this.#apiSecret !== '';
  }

  /** The header that names the account. */
  header(): Record<string, string> {
    return { 'X-MBX-APIKEY': this.#apiKey };
  }

  /** The query with its HMAC-SHA256 signature at the end, as the exchange checks it. */
  sign(query: string): string {
    const signature = createHmac('sha256', this.#apiSecret).update(query).digest('hex');
    return `${query}&signature=${signature}`;
  }

  /** From now on a text that holds this is printed without it. */
  hide(secret: string): void {
    if (secret.length >= SHORTEST_SECRET) this.#hidden.add(secret);
  }

  /** Once a secret no longer opens anything it needs no hiding. */
  forget(secret: string): void {
    if (secret !== this.#apiKey && secret !== this.#apiSecret) this.#hidden.delete(secret);
  }

  /** A text that came from outside, without keys, listen keys and signatures. */
  redact(text: string): string {
    let clean = text.replace(SIGNATURE, `$1=${HIDDEN}`);
    for (const secret of this.#hidden) clean = clean.replaceAll(secret, HIDDEN);
    return clean;
  }
}
