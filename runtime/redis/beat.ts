interface Rhythm {
  readonly works: Set<() => void>;
  readonly timer: NodeJS.Timeout;
}

/** One timer for all that is done every so many ms over one connection: what they ask goes out together. */
export class Beat {
  readonly #rhythms = new Map<number, Rhythm>();

  /** Does it every so many ms, until what is answered is called. */
  every(everyMs: number, work: () => void): () => void {
    const rhythm = this.#rhythms.get(everyMs) ?? this.#begin(everyMs);
    rhythm.works.add(work);
    return () => {
      rhythm.works.delete(work);
      if (rhythm.works.size > 0 || this.#rhythms.get(everyMs) !== rhythm) return;
      clearInterval(rhythm.timer);
      this.#rhythms.delete(everyMs);
    };
  }

  /** Resolves after so many ms, or sooner, together with all others that wait for as long. */
  next(everyMs: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.every(everyMs, () => {
        stop();
        resolve();
      });
    });
  }

  #begin(everyMs: number): Rhythm {
    const works = new Set<() => void>();
    const timer = setInterval(() => {
      for (const work of [...works]) work();
    }, everyMs);
    const rhythm = { works, timer };
    this.#rhythms.set(everyMs, rhythm);
    return rhythm;
  }
}
