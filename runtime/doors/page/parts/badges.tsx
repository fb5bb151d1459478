import { modeWords, toneOf } from '../text/words.ts';
import { ForceIcon, Icon, ToneIcon } from './icons.tsx';

/** The mode of a gate: its word, a shape, and an outline that is broken where it changes nothing. */
export function ModeBadge({ mode, isSilent }: { readonly mode: string; readonly isSilent?: boolean }) {
  const { word, force, says } = modeWords(mode, isSilent);
  return (
    <span class={`badge mode ${force}`} title={`${word}: ${says}`}>
      <ForceIcon force={force} />
      {word}
    </span>
  );
}

/** A verdict with the shape of its tone. */
export function VerdictBadge({ verdict }: { readonly verdict: string }) {
  const tone = toneOf(verdict);
  return (
    <span class={`verdict ${tone}`}>
      <ToneIcon tone={tone} />
      {verdict}
    </span>
  );
}

const BUCKETS = { COLD: 'cold', WARM: 'warm', HOT: 'hot', UNKNOWN: 'unknown' } as const;

/** A heat bucket with its shape, or that it is not known. */
export function BucketBadge({ bucket }: { readonly bucket: keyof typeof BUCKETS }) {
  const name = BUCKETS[bucket];
  return (
    <span class={`badge bucket ${name}`}>
      <Icon name={name} />
      {bucket}
    </span>
  );
}
