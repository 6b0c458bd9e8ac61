import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareKeys, joined } from '../../src/sync/merge.ts';
import type { Listed } from '../../src/sync/shelf.ts';

const keys = fc.uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }), { maxLength: 40 });
/** As S3 lists them. */
const listing = (names: readonly string[]): Listed[] =>
  [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).map((key) => ({ key, size: key.length }));

async function* told(all: readonly Listed[], ahead = { most: 0 }): AsyncGenerator<Listed> {
  for (const one of all) {
    ahead.most++;
    yield one;
  }
}
async function collect<T>(all: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of all) found.push(one);
  return found;
}

describe('two listings side by side', () => {
  it('give each object of the source once, in order, with its copy if there is one', () =>
    fc.assert(
      fc.asyncProperty(keys, keys, fc.integer({ min: 0, max: 3 }), async (some, others, shared) => {
        const there = [...new Set([...others, ...some.filter((_, i) => i % 4 < shared)])];
        const pairs = await collect(joined(told(listing(some)), told(listing(there))));
        expect(pairs.map(({ object }) => object.key)).toEqual(listing(some).map(({ key }) => key));
        for (const { object, copy } of pairs)
          expect(copy?.key).toBe(there.includes(object.key) ? object.key : undefined);
      }),
      { numRuns: 300 },
    ));

  it('order keys by their bytes, as S3 does, not by the units of UTF-16', () => {
    const [last, first] = ['\u{1f600}', '\uffee'];
    expect(last < first).toBe(true);
    expect(compareKeys(last, first)).toBeGreaterThan(0);
  });

  it('are read no further than they are needed, so that nothing piles up', async () => {
    const all = listing(Array.from({ length: 10_000 }, (_, i) => `2026/${i}`));
    const [here, there] = [{ most: 0 }, { most: 0 }];
    const pairs = joined(told(all, here), told(all, there));
    for (let read = 1; read <= 20; read++) {
      await pairs.next();
      expect(here.most).toBeLessThanOrEqual(read + 1);
      expect(there.most).toBeLessThanOrEqual(read + 1);
    }
    await pairs.return(undefined);
  });

  it.each([
    ['source', ['b', 'a'], []],
    ['source', ['a', 'a'], []],
    ['destination', ['x', 'y', 'z'], ['y', 'x']],
  ])('a %s that is not in order is no listing to rely on', async (_, source, copies) => {
    const bare = (names: readonly string[]) => told(names.map((key) => ({ key, size: 1 })));
    await expect(collect(joined(bare(source), bare(copies)))).rejects.toThrow(/not listed in order/);
  });
});
