import fc from 'fast-check';
import { expect } from 'vitest';
import { ERROR_CODES, type ErrorCode } from '../../src/engine/errors.ts';
import type { Document } from '../../src/render/document.ts';
import { connected, departed, truthful } from './goal-laws.ts';
import { isPlan, type Line, rowKey } from './run-laws.ts';
import { lineOf, type Step, steps } from './steps.ts';
import { open } from './story.ts';
import { isMadeByEks, isSame, things } from './things.ts';
import { CONFIRMED } from './typed.ts';
import { type WorldRecipe, worlds } from './worlds.ts';

type Story = ReturnType<typeof open>;

const asPlan = ({ verb, words }: Line): Line => ({
  verb,
  words: [...words.filter((word) => word !== '--yes'), '--dry-run'],
});
/** The same without what is recorded by now. */
const again = ({ verb, words }: Line): Line =>
  verb === 'enable-audit'
    ? { verb, words: [...wordsOf(words, '--regions'), ...wordsOf(words, '--name-prefix'), '--yes'] }
    : { verb, words };
const isRecorded = (words: readonly string[], { worlds: { real } }: Story): boolean => {
  const [, prefix = 'rad'] = wordsOf(words, '--name-prefix');
  return 'rad-connect:settings' in (real.roles[`${prefix}-audit-logs`]?.tags ?? {});
};
const wordsOf = (words: readonly string[], option: string) => {
  const at = words.indexOf(option);
  return at < 0 ? [] : words.slice(at, at + 2);
};

/** What AWS refuses for good is told in each run; anything else may go better the next time. */
const isSettled = ({ errors }: Document) =>
  errors.every(({ code }) => ERROR_CODES[code as ErrorCode].blocks || /^REGION_(DENIED|NOT_ENABLED)$/.test(code));

async function take(story: Story, step: Step): Promise<void> {
  if ('hand' in step) return story.hand(step.hand);
  const line = lineOf(step.command, story.worlds.real);
  const planned = step.planFirst && !isPlan(line) ? await story.enter(asPlan(line)) : undefined;
  const ran = await story.enter(line, step.trouble);
  if (step.trouble) return;
  reached(story, line, ran);
  if (isPlan(line)) return;
  if (planned) asPlanned(planned.document, ran.document);
  if (!step.twice || !isSettled(ran.document)) return;
  // Where nothing is wanted, nothing is recorded.
  const isKnown = ran.document.changes.length > 0 && isRecorded(line.words, story);
  const second = await story.enter(isKnown ? again(line) : line);
  if (second.code !== 64) expect(second.writes, 'twice is nothing').toEqual([]);
  if (line.verb !== 'enable-audit' || second.code === 64) return;
  const words = [...wordsOf(line.words, '--regions'), ...wordsOf(line.words, '--name-prefix'), '--detailed-exitcode'];
  if (!isKnown) return;
  const status = await story.enter({ verb: 'status', words });
  expect(told(status.document), 'status sees what the run sees').toEqual(told(second.document));
}

const told = ({ changes }: Document) =>
  changes.map((row) => `${rowKey(row)} ${row.action} ${row.status} ${JSON.stringify(row.diff)}`);

function reached(
  { worlds: { real } }: Story,
  line: Line,
  { document, code }: { document: Document; code: number },
): void {
  const [, prefix = 'rad'] = wordsOf(line.words, '--name-prefix');
  if (line.verb !== 'teardown') truthful(real, prefix, document);
  if (code !== 0) return;
  if (line.verb === 'enable-audit') connected(document);
  if (line.verb === 'teardown') departed(real, prefix, document);
}

/** What was planned is what is done. */
function asPlanned(plan: Document, ran: Document): void {
  const essence = ({ changes }: Document, status: string) =>
    changes
      .filter((row) => row.status === status)
      .map((row) => `${rowKey(row)} ${row.action} ${JSON.stringify(row.diff)}`);
  if (ran.errors.length === plan.errors.length)
    expect(essence(ran, 'done'), 'the plan is what is done').toEqual(essence(plan, 'planned'));
  const planned = essence(plan, 'planned');
  expect(
    essence(ran, 'done').filter((row) => !planned.includes(row)),
    'nothing is done unplanned',
  ).toEqual([]);
}

/** In the end all is taken away, and the account is what it would have been without us, but for what is kept for a reason. */
async function close({ worlds: { real, shadow }, enter, hand, told }: Story): Promise<void> {
  const denied = Object.entries(real.regions)
    .filter(([, { state }]) => state === 'denied')
    .map(([name]) => name);
  for (const world of [real, shadow]) {
    for (const bucket of Object.values(world.buckets)) delete bucket.undeletable;
    for (const name of denied) world.regions[name]!.state = 'ok';
  }
  await hand({ name: 'time passes', pick: 1 });
  const usesBlue = told.some((line) => line.includes('--name-prefix blue'));
  const rows = new Map<string, string | null>();
  for (const prefix of usesBlue ? ['rad', 'blue', 'rad', 'blue'] : ['rad']) {
    const regions = Object.entries(real.regions)
      .filter(([, { state }]) => state === 'ok')
      .map(([name]) => name);
    if (regions.length === 0) continue;
    const words = ['--regions', regions.join(','), '--name-prefix', prefix, '--delete-data', ...CONFIRMED];
    const { document, code } = await enter({ verb: 'teardown', words });
    expect(document.errors, 'a last teardown').toEqual([]);
    expect(code).toBe(0);
    for (const row of document.changes) {
      rows.delete(rowKey(row));
      if (row.action === 'keep') rows.set(rowKey(row), row.note);
    }
  }
  await hand({ name: 'time passes', pick: 1 });
  const [is, without] = [things(real), things(shadow)];
  const isKept = (key: string) =>
    rows.has(key) || rows.has(key.replace(/ logs:subscription-filter (\S+) .*/, ' logs:log-group $1'));
  const differing = [...new Set([...is.keys(), ...without.keys()])]
    .filter((key) => !isSame(is.get(key)?.whole, without.get(key)?.whole))
    .filter((key) => !isKept(key) && !(!is.has(key) && isMadeByEks(without.get(key)!)));
  expect(
    differing.map((key) => [key, is.get(key)?.whole, without.get(key)?.whole]),
    'there and back',
  ).toEqual([]);
}

/** A world, and what is done in it. */
export const stories = fc.record({ world: worlds, steps });
export async function tell({ world, steps: all }: { world: WorldRecipe; steps: readonly Step[] }): Promise<void> {
  const story = open(world);
  try {
    for (const step of all) await take(story, step);
    await close(story);
  } catch (error) {
    (error as Error).message = `${story.told.join('\n')}\n\n${(error as Error).message}`;
    throw error;
  }
}
