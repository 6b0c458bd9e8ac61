import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inFlight } from '../../src/sync/in-flight.ts';

async function* told<T>(things: readonly T[]): AsyncGenerator<T> {
  yield* things;
}
const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
};

describe('work in flight', () => {
  it('is never more than there are places and bytes for, but for what is alone, and all of it is done', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 9 })), { maxLength: 60 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 30 }),
        async (things, places, bytes) => {
          let [count, weight, done] = [0, 0, 0];
          const work = async ([size, time]: readonly [number, number]) => {
            count++;
            weight += size;
            expect(count).toBeLessThanOrEqual(places);
            expect(count === 1 || weight <= bytes).toBe(true);
            await turns(time);
            count--;
            weight -= size;
            done++;
          };
          await inFlight(told(things), { places, bytes }, ([size]) => size, work);
          expect(done).toBe(things.length);
        },
      ),
      { numRuns: 200 },
    ));

  it('begins no more after one has failed, and ends what it has begun', async () => {
    const [begun, ended]: [number[], number[]] = [[], []];
    const work = async (thing: number) => {
      begun.push(thing);
      await turns(thing === 2 ? 1 : 40);
      if (thing === 2) throw new Error('no room');
      ended.push(thing);
    };
    const things = told(Array.from({ length: 50 }, (_, i) => i));
    await expect(inFlight(things, { places: 4, bytes: 100 }, () => 1, work)).rejects.toThrow('no room');
    expect(begun.length).toBeLessThanOrEqual(5);
    expect(ended).toEqual(begun.filter((thing) => thing !== 2));
  });
});
