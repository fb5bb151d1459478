import { whyNot } from '../../state/rights.ts';
import { DeadLettersCard } from './dead-letters.tsx';
import { DoctorCard } from './doctor.tsx';
import { JobsCard } from './jobs.tsx';
import { LedgerCard } from './ledger.tsx';
import { ModesCard } from './modes.tsx';
import { NoticesCard } from './notices.tsx';
import { PolicyCard } from './policy.tsx';
import { ProofCard } from './proof.tsx';
import { StrategiesCard } from './strategies.tsx';
import { SwitchesCard } from './switches.tsx';
import { WhatIfCard } from './what-if.tsx';

/** Everything that can be changed, and who changed what. */
export function OperationsPage() {
  const refusal = whyNot();
  return (
    <>
      <h1 class="unseen">Operations</h1>
      {refusal === '' ? null : <p class="notice">{refusal}</p>}
      <div class="grid operations">
        <SwitchesCard />
        <ModesCard />
        <StrategiesCard />
        <WhatIfCard />
        <PolicyCard />
        <LedgerCard />
        <DeadLettersCard />
        <DoctorCard />
        <ProofCard />
        <JobsCard />
        <NoticesCard />
      </div>
    </>
  );
}
