import fc from 'fast-check';
import { expect } from 'vitest';
import { comparable } from '../helpers/comparable.ts';
import { type Trouble, troubles } from './faults.ts';
import { type Hand, hands } from './hands.ts';
import type { Line } from './run-laws.ts';
import { type Command, enables, lineOf, teardowns } from './steps.ts';
import { open } from './story.ts';
import { isSame, later } from './things.ts';
import { type WorldRecipe, worlds } from './worlds.ts';

type Story = ReturnType<typeof open>;
interface Case {
  readonly world: WorldRecipe;
  /** What was done in the account before. */
  readonly before: readonly (Command | Hand)[];
  readonly command: Command;
  readonly trouble: Trouble;
}

/** What failed for once is tried again, until nothing is written any more. */
async function settle(story: Story, line: Line): Promise<void> {
  for (let i = 0; i < 4; i++) {
    const { writes } = await story.enter(line);
    if (writes.length === 0) return;
  }
  throw new Error('it never comes to rest');
}

const AGAIN: Line = { verb: 'enable-audit', words: ['--yes'] };
const record = ({ worlds: { real } }: Story) =>
  Object.entries(real.roles['rad-audit-logs']?.tags ?? {}).filter(([key]) =>
    /^rad-connect:(settings|region:)/.test(key),
  );

/** The account once all that is under way has ended, without what a day leaves in it. */
const essence = ({ worlds: { real }, clock }: Story) =>
  JSON.parse(
    JSON.stringify(comparable(later(real, clock.now() + 3_600_000))).replaceAll(
      /("rad-connect:filter-limit":"\d+) [\d-]+"/g,
      '$1"',
    ),
  );

async function told(stories: readonly Story[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const all = stories.map((story) => story.told.join('\n')).join('\n--- and\n');
    (error as Error).message = `${all}\n\n${(error as Error).message}`;
    throw error;
  }
}

/** A run that meets trouble, then clean ones: as if nothing had been. Once all is recorded they need no options. */
export async function heals({ world, before, command, trouble }: Case): Promise<void> {
  const [calm, met] = [open(world), open(world)];
  await told([calm, met], async () => {
    for (const story of [calm, met]) {
      for (const step of before) {
        if ('do' in step) await settle(story, lineOf(step, story.worlds.real));
        else await story.hand(step);
      }
    }
    const line = lineOf(command, calm.worlds.real);
    await settle(calm, line);
    await met.enter(line, trouble);
    // Where somebody has changed something, an option that was typed means more than one that is recorded.
    const isAll = before.every((step) => 'do' in step) && isSame(record(met).sort(), record(calm).sort());
    await settle(met, command.do === 'enable' && isAll && record(met).length ? AGAIN : line);
    expect(essence(met), 'healed').toEqual(essence(calm));
  });
}

const enable = enables.map((command) => ({ ...command, prefix: 'rad' as const }));
const teardown = teardowns.map((command) => ({ ...command, prefix: 'rad' as const }));

export const enabling: fc.Arbitrary<Case> = fc.record({
  world: worlds,
  before: fc.oneof(fc.array(enable, { maxLength: 1 }), fc.tuple(enable, hands, hands)),
  command: enable,
  trouble: troubles,
});
export const leaving: fc.Arbitrary<Case> = fc.record({
  world: worlds,
  before: fc.oneof(fc.tuple(enable), fc.tuple(enable, hands, hands)),
  command: teardown,
  trouble: troubles,
});
