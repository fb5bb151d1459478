import { Redis } from 'ioredis';

/**
 * A client that leaves its server once, however many replies of a burst tell it to (MOVED, READONLY): ioredis closes the
 * socket for each of them anew, with one more listener and one more timer on it.
 */
export class LeavingOnce extends Redis {
  #leaving = false;

  /** Closes the connection; with `reconnect` it is made again, and until it is closed nothing is done twice. */
  override disconnect(reconnect = false): void {
    if (reconnect) {
      if (this.#leaving) return;
      this.#leaving = true;
      this.once('close', () => {
        this.#leaving = false;
      });
    }
    super.disconnect(reconnect);
  }
}
