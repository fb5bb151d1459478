import type { ExchangePort, Subscription, UserEvent } from '../../../market/exchange/port.ts';

const PATIENCE_MS = 10_000;

/** Follows the account's own events, to know when the exchange has told of an order. */
export class Fills {
  readonly #subscription: Subscription;
  readonly #told = new Set<string>();
  #waiting: { readonly planId: string; readonly resolve: () => void } | undefined;
  #ready: () => void = () => undefined;
  readonly #open: Promise<void>;

  constructor(exchange: ExchangePort) {
    this.#open = new Promise((resolve) => {
      this.#ready = resolve;
    });
    this.#subscription = exchange.userEvents({
      onEvent: (event) => this.#tell(event),
      onResync: () => this.#resynced(),
      onProblem: () => undefined,
    });
  }

  /** Resolves once events of the account are being followed. */
  async open(): Promise<void> {
    await within(this.#open, 'the user stream of the local exchange to open');
  }

  /** Resolves once the order of a plan was told to be filled, or events may have been missed: what follows reads everything. */
  async told(planId: string): Promise<void> {
    if (this.#told.delete(planId)) return;
    const told = new Promise<void>((resolve) => {
      this.#waiting = { planId, resolve };
    });
    await within(told, `the fill of ${planId} on the user stream`);
    this.#told.delete(planId);
  }

  close(): void {
    this.#subscription.close();
  }

  #resynced(): void {
    this.#ready();
    this.#waiting?.resolve();
  }

  #tell(event: UserEvent): void {
    if (event.kind !== 'order_update' || event.tradeId === undefined) return;
    this.#told.add(event.clientOrderId);
    if (this.#waiting?.planId === event.clientOrderId) this.#waiting.resolve();
  }
}

async function within(awaited: Promise<void>, what: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`expected ${what} within ${PATIENCE_MS / 1000} s, got nothing`)),
      PATIENCE_MS,
    );
  });
  try {
    await Promise.race([awaited, late]);
  } finally {
    clearTimeout(timer);
  }
}
