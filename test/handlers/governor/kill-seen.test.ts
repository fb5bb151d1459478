import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keys } from '../../../schemas/keys.ts';
import { GovernorWorld, OPEN_PLAN } from '../../support/governor-world.ts';

const SETTINGS = {
  GOV_SYMBOL_COOLDOWN_SECONDS: '0',
  GOV_MAX_NOTIONAL_PER_TRADE_USDT: '1e9',
  GOV_MAX_TOTAL_NOTIONAL_USDT: '1e9',
  GOV_MAX_OPEN_POSITIONS: '1000000',
};

/** A world whose clock goes on by a millisecond with each thing that happens. */
class Flipped extends GovernorWorld {
  #plans = 0;

  constructor() {
    super();
    this.settings = SETTINGS;
  }

  kill(value: string | undefined): void {
    if (value === undefined) this.texts.delete(keys.kill);
    else this.texts.set(keys.kill, value);
  }

  /** Sends a plan; answers its id, and whether it has a permit. */
  judged(): { id: string; permitted: boolean } {
    this.nowMs += 1;
    this.#plans += 1;
    const id = `p${this.#plans}`;
    this.plan({ ...OPEN_PLAN, plan_id: id });
    return { id, permitted: this.permit(id) !== undefined };
  }

  watched(): void {
    this.nowMs += 1;
    while (this.watch().more === true);
  }

  recorded(action: string): number {
    return this.ledger.filter((entry) => entry.action === action).length;
  }
}

describe('a kill switch that goes on and off faster than the watcher looks', () => {
  it('is reported and revokes each time that a judgment sees it, though its value is the same', () => {
    const world = new Flipped();
    const given: string[] = [];
    for (let round = 0; round < 3; round += 1) {
      given.push(world.judged().id);
      world.kill('1');
      expect(world.judged().permitted).toBe(false);
      expect(world.judged().permitted).toBe(false);
      world.kill('0');
    }
    const after = world.judged().id;
    expect([world.recorded('kill_on'), world.recorded('kill_off')]).toEqual([3, 3]);
    world.watched();
    expect(given.map((id) => world.permit(id))).toEqual([undefined, undefined, undefined]);
    expect(world.permit(after)).toBeDefined();
    expect(world.events.filter(({ event }) => event === 'PERMIT_REVOKED')).toHaveLength(3);
  });

  it('is in the ledger once for each change that was seen, and no permit of before one is left, whatever happens', () => {
    const step = fc.oneof(
      fc.constantFrom('1', '1', 'yes', '0', '', undefined).map((value) => ({ kill: value })),
      fc.constantFrom('plan', 'plan', 'watch'),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const world = new Flipped();
        let isOn = false;
        let seenOn = false;
        const changes = { kill_on: 0, kill_off: 0 };
        const live = new Set<string>();
        const doomed = new Set<string>();
        const look = () => {
          if (isOn !== seenOn) changes[isOn ? 'kill_on' : 'kill_off'] += 1;
          seenOn = isOn;
          if (!isOn) return;
          for (const id of live) doomed.add(id);
          live.clear();
        };
        for (const one of steps) {
          if (typeof one === 'object') {
            world.kill(one.kill);
            isOn = one.kill === '1' || one.kill === 'yes';
          } else if (one === 'plan') {
            look();
            const { id, permitted } = world.judged();
            expect(permitted).toBe(!isOn);
            if (permitted) live.add(id);
          } else {
            look();
            world.watched();
          }
        }
        expect({ kill_on: world.recorded('kill_on'), kill_off: world.recorded('kill_off') }).toEqual(changes);
        look();
        world.watched();
        expect([...live].filter((id) => world.permit(id) === undefined)).toEqual([]);
        expect([...doomed].filter((id) => world.permit(id) !== undefined)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
