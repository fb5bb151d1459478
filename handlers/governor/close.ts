import type { CloseGate } from '../../schemas/governor-gates.ts';
import type { RecordedClose } from '../../schemas/governor-record.ts';
import { round10 } from '../../schemas/number.ts';
import type { Plan, PlanSide } from '../../schemas/plan.ts';
import type { Reservation } from '../../schemas/reservation.ts';
import { isYounger } from '../../schemas/time.ts';
import type { HeldPosition } from '../common/exposure.ts';
import type { Check } from '../contract/effects.ts';

/** What a CLOSE is held to where the position of its symbol is known: absolute quantities at 10 digits. */
export interface CloseFigures {
  /** What the plan asks for; undefined where neither it nor its action says. */
  readonly askedQty: number | undefined;
  /** The size of the position, with what permitted orders on its side may yet add; 0 where the symbol is reported flat. */
  readonly sizeQty: number;
  readonly side: PlanSide | undefined;
  /** The side that reduces the position; undefined where its publisher does not say the side, or it is flat. */
  readonly reducingSide: PlanSide | undefined;
}

/** What a plan is compared with. Undefined where the position is not known: no report, none with a quantity, or one as old as `maxAgeMs`. */
export function closeFigures(
  plan: Pick<Plan, 'symbol' | 'side'>,
  askedQty: number | undefined,
  report: HeldPosition | undefined,
  about: { readonly live: readonly Reservation[]; readonly nowMs: number; readonly maxAgeMs: number },
): CloseFigures | undefined {
  if (report?.qty === undefined || report.atMs === undefined) return undefined;
  if (!isYounger(report.atMs, about.nowMs, about.maxAgeMs)) return undefined;
  const reducingSide = report.qty === 0 ? undefined : report.qty > 0 ? 'SELL' : 'BUY';
  return {
    askedQty: askedQty === undefined ? undefined : round10(askedQty),
    sizeQty: round10(Math.abs(report.qty) + underWay(plan.symbol, reducingSide, about.live)),
    side: plan.side,
    reducingSide,
  };
}

/** Orders that were permitted and do not show in the position yet: what they add has to be closed too. */
function underWay(symbol: string, reducingSide: PlanSide | undefined, live: readonly Reservation[]): number {
  const adding = live.filter((one) => one.symbol === symbol && one.side !== reducingSide);
  return adding.reduce((sum, { qty }) => sum + (qty ?? 0), 0);
}

/** The quantity that a CLOSE is permitted: at most the size of the position. Of a symbol that is reported flat it stays as it was asked for. */
export function permittedQty(askedQty: number | undefined, figures: CloseFigures | undefined): number | undefined {
  if (askedQty === undefined || figures === undefined || figures.sizeQty === 0) return askedQty;
  return Math.min(askedQty, figures.sizeQty);
}

/** What a CLOSE asks for beyond its position, said and never refused: exits stay unblocked. None where the position is not known. */
export function closeChecks(figures: CloseFigures | undefined): readonly Check[] {
  if (figures === undefined) return [];
  const { askedQty, sizeQty, side, reducingSide } = figures;
  const headroom = askedQty === undefined ? null : round10(sizeQty - askedQty);
  const size = { gate: gate('close_size'), value: askedQty ?? null, limit: sizeQty, headroom };
  const direction = { gate: gate('close_side'), value: side ?? null, limit: reducingSide ?? null, headroom: null };
  return [
    { ...size, verdict: verdict(askedQty === undefined, askedQty !== undefined && askedQty > sizeQty) },
    { ...direction, verdict: verdict(side === undefined || reducingSide === undefined, side !== reducingSide) },
  ];
}

function gate(name: CloseGate): CloseGate {
  return name;
}

function verdict(isSkipped: boolean, isBeyond: boolean): Check['verdict'] {
  if (isSkipped) return 'skipped';
  return isBeyond ? 'would_refuse' : 'pass';
}

/** The figures of a CLOSE for the facts of its decision. */
export function closeFacts({ askedQty, sizeQty, side, reducingSide }: CloseFigures): RecordedClose {
  return {
    asked_qty: askedQty ?? null,
    size_qty: sizeQty,
    side: side ?? null,
    reducing_side: reducingSide ?? null,
  };
}

/** The figures that the facts of a logged CLOSE hold. */
export function closeAgain(recorded: RecordedClose): CloseFigures {
  return {
    askedQty: recorded.asked_qty ?? undefined,
    sizeQty: recorded.size_qty,
    side: recorded.side ?? undefined,
    reducingSide: recorded.reducing_side ?? undefined,
  };
}
