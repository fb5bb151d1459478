import { z } from 'zod';

/** A tick of a schedule whose handler needs to know only that it is due. */
export const Tick = z.object({ tick_id: z.string().min(1) });
