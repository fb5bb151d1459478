import { useSignal } from '@preact/signals';

/** Characters that are shown of a long text until somebody wants all of it. */
const SHOWN_CHARS = 200;

/** Text of others: it keeps its own direction, and is cut where it is long, with a way to see all. */
export function LongText({ text }: { readonly text: string }) {
  return text.length <= SHOWN_CHARS ? <bdi>{text}</bdi> : <CutText text={text} />;
}

function CutText({ text }: { readonly text: string }) {
  const isWhole = useSignal(false);
  const toggle = (event: Event) => {
    event.stopPropagation();
    isWhole.value = !isWhole.value;
  };
  return (
    <>
      <bdi>{isWhole.value ? text : `${text.slice(0, SHOWN_CHARS)}…`}</bdi>{' '}
      <button type="button" class="link" onClick={toggle}>
        {isWhole.value ? 'less' : `all ${text.length} characters`}
      </button>
    </>
  );
}
