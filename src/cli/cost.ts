import type { Aws } from '../aws/clients.ts';
import { explain } from '../aws/errors.ts';
import { incomingBytesPerDay } from '../aws/volume.ts';
import type { Region } from '../desired/account.ts';
import { type Cost, estimate } from '../desired/cost.ts';
import { type Flow, newFlows } from '../desired/flows.ts';
import type { Step } from '../engine/plan.ts';
import type { Notice } from '../render/document.ts';
import type { Context } from './context.ts';

export interface Priced {
  readonly cost: Cost | undefined;
  readonly warnings: readonly Notice[];
}

/** What a plan adds to the bill, measured where audit logging is on already. What cannot be measured is assumed: it stops nothing. */
export async function price(steps: readonly Step[], regions: readonly Region[], context: Context): Promise<Priced> {
  const flows = newFlows(steps);
  if (flows.length === 0) return { cost: undefined, warnings: [] };
  const looks = await Promise.all(regions.map(({ aws }) => measure(aws, flows, context)));
  const measured = new Map(looks.flatMap(({ found }) => found));
  return { cost: estimate(flows, measured), warnings: looks.flatMap(({ trouble }) => trouble) };
}

interface Look {
  readonly found: readonly (readonly [Flow, number])[];
  readonly trouble: readonly Notice[];
}

async function measure(aws: Aws, flows: readonly Flow[], { clock, signal }: Context): Promise<Look> {
  const here = flows.filter(({ region, turnedOn }) => region === aws.region && !turnedOn);
  if (here.length === 0) return { found: [], trouble: [] };
  try {
    const groups = here.map(({ logGroup }) => logGroup);
    const perDay = await incomingBytesPerDay(aws, groups, clock);
    return {
      found: here.flatMap((flow) => {
        const bytes = perDay.get(flow.logGroup);
        return bytes === undefined ? [] : [[flow, bytes] as const];
      }),
      trouble: [],
    };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const { message, hint = null } = explain(error);
    const notice = { code: 'COST_NOT_MEASURED', region: aws.region, id: aws.region, hint };
    return {
      found: [],
      trouble: [{ ...notice, message: `cost in ${aws.region} is assumed, not measured: ${message}` }],
    };
  }
}
