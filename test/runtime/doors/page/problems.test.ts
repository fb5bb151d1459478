import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { remedyOf } from '../../../../runtime/doors/page/state/remedies.ts';
import { toldProblems, worstOfAll } from '../../../../runtime/doors/page/text/problem-words.ts';
import type { Problem } from '../../../../schemas/api/overview.ts';

function problem(key: string, different: Partial<Problem> = {}): Problem {
  return { key, severity: 'warning', what: `${key}: something`, do: 'portcullis doctor', since: null, ...different };
}

const ONE = { portfolio: undefined, isLossUnconfirmed: false, isUnused: false };

describe('what a click does about a problem', () => {
  it('shows lines with made-up figures only where nobody ever reported any', () => {
    expect(remedyOf(problem('inputs'), { ...ONE, isUnused: true })).toMatchObject({
      href: expect.stringContaining('start'),
    });
    expect(remedyOf(problem('inputs'), ONE)).toMatchObject({ href: expect.stringContaining('doctor') });
  });

  it.each(['restored', 'risk unknown'])(
    'leads from %s to the thing, not to the doctor, who does not know of it',
    (key) => {
      expect(JSON.stringify(remedyOf(problem(key), ONE))).not.toContain('doctor');
    },
  );

  it.each([
    ['kill', 'release'],
    ['halted', 'go on'],
    ['reducing', 'go on'],
    ['disarmed', 'arm'],
    ['loss daily_loss_exceeded', 'release losses'],
    ['loss symbols', 'release losses'],
    ['feed market', 'ask feed'],
  ])('of %s is the change %s', (key, act) => {
    expect(remedyOf(problem(key), ONE)).toEqual({ act });
  });

  it.each([
    ['stream apply.plan', { do: 'portcullis dlq list apply.plan' }, '#/operations?at=dead-letters&stream=apply.plan'],
    ['stream apply.plan', {}, '#/operations?at=doctor'],
    ['limit total_notional', { setting: 'GOV_X' }, '#/operations?at=policy&limit=GOV_X'],
    ['limits heat-gate', {}, '#/operations?at=policy&gate=heat-gate'],
    ['policy my-gate', {}, '#/operations?at=policy&gate=my-gate'],
    ['mode governor', {}, '#/operations?at=modes'],
    ['account events', {}, '#/overview?at=feeds'],
    ['account trust', {}, '#/overview?at=feeds'],
    ['difference ETHUSDT', {}, '#/overview?at=feeds'],
    ['permits', { plan: 'p/1' }, '#/decisions?plan=p%2F1'],
    ['executions', { plan: 'stray' }, '#/decisions?plan=stray'],
    ['rolled back heat-gate', {}, '#/shadow?gate=heat-gate&at=activation'],
    ['watched governor', {}, '#/shadow?gate=governor&at=activation'],
    ['heat unknown', {}, '#/overview?at=heat'],
    ['exposure unknown', {}, '#/overview?at=positions'],
    ['loss unknown', {}, '#/operations?at=switches'],
    ['webhook', {}, '#/operations?at=doctor'],
    ['a check of tomorrow', {}, '#/operations?at=doctor'],
    ['killer whale', {}, '#/operations?at=doctor'],
  ])('of %s %j goes to %s', (key, different, href) => {
    const remedy = remedyOf(problem(key, different), ONE);
    expect(remedy).toEqual({ href, word: expect.stringMatching(/./) });
    const other = remedyOf(problem(key, different), { ...ONE, portfolio: 'fund-b' });
    expect('href' in other && other.href).toContain('portfolio=fund-b');
  });

  it('is a confirmation where what is kept of losses waits for one', () => {
    const remedy = remedyOf(problem('loss unknown'), { ...ONE, isLossUnconfirmed: true });
    expect(remedy).toEqual({ act: 'confirm losses' });
  });
});

describe('problems in sentences', () => {
  it('say what the server says of them, or the line of the doctor with a capital', () => {
    const told = toldProblems([problem('keys', { what: 'keys: x' }), problem('feed market', { says: 'It is dead' })]);
    expect(told.map(({ sentence }) => sentence)).toEqual(['Keys: x', 'It is dead']);
  });

  it('are one where nobody reports account and positions, with what is so because of it', () => {
    const silent = [
      problem('heat unknown', { what: 'The heat is not known' }),
      problem('kill', { severity: 'critical' }),
      problem('exposure unknown', { what: 'Positions are not known' }),
      problem('portfolio state', { says: 'Nobody writes the account' }),
      problem('position snapshots', { says: 'Nobody reports positions' }),
    ];
    const told = toldProblems(silent);
    expect(told.map(({ key }) => key)).toEqual(['inputs', 'kill']);
    expect(told[0]).toMatchObject({
      sentence: 'Nobody writes the account. Nobody reports positions',
      alsoSo: ['The heat is not known', 'Positions are not known'],
    });
    const remedy = told[0] && remedyOf(told[0], { ...ONE, isUnused: true });
    expect(remedy && 'href' in remedy && remedy.href).toBe('#/overview?at=start');
  });

  it('keep a heat that is not known for another reason', () => {
    expect(toldProblems([problem('heat unknown')]).map(({ key }) => key)).toEqual(['heat unknown']);
  });

  it('put what broke in one portfolio before what nobody reports in another', () => {
    const silent = [problem('kill', { severity: 'critical' }), problem('portfolio state')];
    const broken = [problem('loss', { severity: 'critical' }), problem('late'), problem('stream harvest.proposal')];
    const all = worstOfAll([
      { portfolio: 'silent', problems: silent },
      { portfolio: 'broken', problems: broken },
    ]);
    expect(all.map((one) => `${one.portfolio} ${one.problem.key}`)).toEqual([
      'silent kill',
      'broken loss',
      'broken late',
      'broken stream harvest.proposal',
      'silent inputs',
    ]);
  });

  it('lose nothing, and put critical ones of any portfolio before all others', () => {
    const severity = fc.constantFrom('critical' as const, 'warning' as const);
    const some = fc.array(
      severity.map((one) => ({ ...problem('keys'), severity: one })),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(fc.array(some, { maxLength: 5 }), (each) => {
        const all = worstOfAll(each.map((problems, at) => ({ portfolio: `p${at}`, problems })));
        expect(all).toHaveLength(each.flat().length);
        const isCritical = all.map((one) => one.problem.severity === 'critical');
        expect(isCritical.lastIndexOf(true)).toBeLessThan(
          isCritical.includes(false) ? isCritical.indexOf(false) : all.length,
        );
      }),
    );
  });
});
