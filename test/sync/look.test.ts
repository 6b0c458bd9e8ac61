import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lookAt } from '../../src/sync/look.ts';
import { CONTROL, envelope, FORMS } from '../audit/forms.ts';

const fine = { damaged: false, empty: false, foreign: false, huge: false };
const event = (n: number) => JSON.stringify({ kind: 'Event', apiVersion: 'audit.k8s.io/v1', auditID: `a-${n}` });
const documents = (count: number) =>
  Array.from({ length: count }, (_, n) =>
    envelope({ cluster: 'prod', logEvents: [{ id: String(n), timestamp: n, message: event(n) }] }),
  );

describe('a look at an object', () => {
  it.each(Object.entries(FORMS))('%s: nothing is wrong with it', async (_, form) => {
    expect(await lookAt(form([CONTROL, ...documents(40)]))).toEqual(fine);
  });

  it('bare events are of a cluster too', async () =>
    expect(await lookAt(gzipSync([event(1), event(2)].join('\n')))).toEqual(fine));

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['an empty member', gzipSync('')],
    ['blanks', Buffer.from(' \n')],
  ])('%s is empty', async (_, bytes) => expect(await lookAt(bytes)).toEqual({ ...fine, empty: true }));

  it.each([
    ['Parquet', Buffer.from('PAR1\u0015\u0004PAR1')],
    ['logs of another kind', gzipSync('{"Records":[{"eventVersion":"1.08","eventSource":"s3.amazonaws.com"}]}')],
  ])('%s is foreign', async (_, bytes) => expect(await lookAt(bytes)).toEqual({ ...fine, foreign: true }));

  it('wherever it is cut, it is damaged', () =>
    fc.assert(
      fc.asyncProperty(fc.double({ min: 0.01, max: 0.99, noNaN: true }), async (part) => {
        const whole = gzipSync(documents(3).join(''));
        expect((await lookAt(whole.subarray(0, Math.max(4, Math.floor(whole.length * part))))).damaged).toBe(true);
      }),
      { numRuns: 60 },
    ));

  it('an envelope of 20 MB is huge; many small ones that are longer together are not', async () => {
    const long = envelope({ cluster: 'prod', logEvents: [{ id: '1', timestamp: 1, message: 'x'.repeat(20_000_000) }] });
    expect(await lookAt(gzipSync(long, { level: 1 }))).toEqual({ ...fine, huge: true });
    const many = Array.from({ length: 300 }, () => documents(1)[0]!.replace('a-0', 'y'.repeat(100_000)));
    for (const separator of ['', '\n'])
      expect(await lookAt(gzipSync(many.join(separator), { level: 1 }))).toEqual(fine);
  }, 60_000);
});
