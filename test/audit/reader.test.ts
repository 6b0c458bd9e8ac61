import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditEvent, Source } from '../../src/audit/events.ts';
import { hourPrefixes, isForeign } from '../../src/audit/keys.ts';
import { readEvents } from '../../src/audit/reader.ts';
import { newTally } from '../../src/audit/tally.ts';
import { ACCOUNT, CONTROL, type Envelope, envelope, FORMS, inPieces, type LogEvent } from './forms.ts';

async function read(bytes: Uint8Array, lengths: readonly number[] = [], source: Partial<Source> = {}) {
  const tally = newTally();
  const events: AuditEvent[] = [];
  for await (const batch of readEvents(inPieces(bytes, lengths), { region: 'eu-west-1', ...source }, tally))
    events.push(...batch);
  return { events, tally, ids: events.map(({ event }) => event.auditID) };
}

/** Texts that look like borders between documents, and like the beginnings of members. */
const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '}{',
    '}{"',
    '{"messageType"',
    '}\n{',
    '\u001f\u008b\b',
    '"',
    '\\',
    '{"kind":"Event","apiVersion":"audit.k8s.io/v1"',
    '🦊',
  ),
);
const auditEvent = fc.record({
  kind: fc.constant('Event'),
  apiVersion: fc.constant('audit.k8s.io/v1'),
  auditID: fc.uuid(),
  stage: fc.constantFrom('ResponseComplete', 'ResponseStarted'),
  requestURI: nasty,
  requestObject: fc.dictionary(nasty, fc.array(nasty, { maxLength: 3 }), { maxKeys: 3 }),
  userAgent: nasty,
});
const logEvent: fc.Arbitrary<LogEvent> = fc.record({
  id: fc.stringMatching(/^[0-9]{56}$/),
  timestamp: fc.integer({ min: 0, max: 2_000_000_000_000 }),
  message: auditEvent.map((event) => JSON.stringify(event)),
});
const envelopes: fc.Arbitrary<Envelope[]> = fc.array(
  fc.record({
    cluster: fc.constantFrom('prod', 'stage_1', 'a-b'),
    logEvents: fc.array(logEvent, { minLength: 1, maxLength: 4 }),
  }),
  { maxLength: 6 },
);
const lengths = fc.oneof(fc.constantFrom([1], [2], [3]), fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 4 }));
const form = fc.constantFrom(...Object.keys(FORMS));

const flat = (all: readonly Envelope[]) =>
  all.flatMap(({ cluster, logEvents }) =>
    logEvents.map(({ id, timestamp, message }) => {
      const event = JSON.parse(message);
      const place = { cluster, account: ACCOUNT, region: 'eu-west-1' };
      return { ...place, at: timestamp, logEventId: id, stage: event.stage, event };
    }),
  );
const NOTHING = newTally();

describe('audit objects', () => {
  it('any events, in any form, in any pieces, are the same events', () =>
    fc.assert(
      fc.asyncProperty(envelopes, form, lengths, async (all, name, pieces) => {
        const documents = all.map(envelope).flatMap((one, i) => (i % 2 ? [CONTROL, one] : [one]));
        const { events, tally } = await read(FORMS[name]!(documents), pieces);
        expect(events).toEqual(flat(all));
        const control = documents.length - all.length;
        const empty = documents.length || name.startsWith('gzip of') ? 0 : 1;
        expect(tally).toEqual({ ...NOTHING, events: events.length, control, empty });
      }),
    ));

  it('events that Firehose has taken out of their envelopes are the same, of the cluster that the caller knows', () =>
    fc.assert(
      fc.asyncProperty(fc.array(auditEvent), form, lengths, async (all, name, pieces) => {
        const bytes = FORMS[name]!(all.map((one) => JSON.stringify(one)));
        const { events } = await read(bytes, pieces, { cluster: 'prod', account: ACCOUNT });
        expect(events.map(({ event }) => event)).toEqual(all);
        for (const one of events) expect(one).toMatchObject({ cluster: 'prod', account: ACCOUNT, logEventId: null });
      }),
    ));

  const damages: Record<string, (member: Buffer, at: number) => Buffer> = {
    'is cut short': (member, at) => member.subarray(0, at % member.length),
    'has a flipped bit': (member, at) => {
      const flipped = Buffer.from(member);
      flipped[at % member.length]! ^= 1 << (at % 8);
      return flipped;
    },
    'has a wrong checksum': (member) => Buffer.concat([member.subarray(0, -8), Buffer.alloc(8, 7)]),
    'is followed by what is no member': (member) => Buffer.concat([member, Buffer.from('\u001f\u008bgarbage')]),
    'is made anew from a text that was cut': (member) => member,
  };
  it.each(Object.entries(damages))(
    'where one member %s, all others are still there, and it is counted',
    (name, damage) =>
      fc.assert(
        fc.asyncProperty(
          envelopes,
          fc.nat(),
          fc.nat(),
          lengths,
          fc.boolean(),
          async (all, which, at, pieces, onLines) => {
            fc.pre(all.length > 0);
            const hit = which % all.length;
            const members = all.map((one, i) => {
              const text = envelope(one);
              if (i !== hit) return gzipSync(text);
              const bad = name.includes('text')
                ? gzipSync(text.slice(0, 1 + (at % (text.length - 1))))
                : damage(gzipSync(text), at);
              fc.pre(!bad.equals(gzipSync(text)));
              // Where nothing is left of it, nothing tells that it was.
              fc.pre(bad.length > 0);
              return bad;
            });
            const { ids, tally } = await read(
              Buffer.concat(members.flatMap((one) => (onLines ? [one, Buffer.from('\n')] : [one]))),
              pieces,
            );
            const rest = flat(all.filter((_, i) => i !== hit)).map(({ event }) => event.auditID);
            expect(ids).toEqual(expect.arrayContaining(rest));
            // A bit that changes nothing of the data, as those of the header's time, has damaged nothing.
            if (name.includes('bit') && tally.damaged === 0)
              expect(ids).toEqual(flat(all).map(({ event }) => event.auditID));
            else expect(tally.damaged).toBeGreaterThan(0);
          },
        ),
      ),
  );

  it('where one document of a text is cut short, all others are still there, and it is counted', () =>
    fc.assert(
      fc.asyncProperty(
        envelopes,
        fc.nat(),
        fc.nat(),
        fc.constantFrom('nothing between', 'lines', 'gzip of text'),
        lengths,
        async (all, which, at, name, pieces) => {
          fc.pre(all.length > 0);
          const hit = which % all.length;
          const texts = all.map(envelope);
          const whole = texts[hit]!;
          texts[hit] = whole.slice(0, 1 + (at % (whole.length - 1)));
          const { ids, tally } = await read(FORMS[name]!(texts), pieces);
          const rest = flat(all.filter((_, i) => i !== hit)).map(({ event }) => event.auditID);
          expect(ids).toEqual(expect.arrayContaining(rest));
          expect(tally.damaged).toBeGreaterThan(0);
        },
      ),
    ));

  it('of an envelope that is cut short the events before the cut are saved', async () => {
    const logEvents = ['a', 'b', 'c'].map((id) => ({
      id,
      timestamp: 1,
      message: `{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"${id}"}`,
    }));
    const whole = gzipSync(envelope({ cluster: 'prod', logEvents }), { level: 0 });
    const { ids, tally } = await read(whole.subarray(0, -60));
    expect(ids).toEqual(['a', 'b']);
    expect(tally).toMatchObject({ damaged: 1, events: 2 });
  });

  it('no event comes twice where a member of members is damaged', async () => {
    const text = (id: string) =>
      envelope({
        cluster: 'prod',
        logEvents: [{ id, timestamp: 1, message: `{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"${id}"}` }],
      });
    const outer = gzipSync(Buffer.concat(['a', 'b', 'c'].map((id) => gzipSync(text(id)))), { level: 0 });
    outer[outer.length - 1]! ^= 1;
    const { ids, tally } = await read(outer);
    expect(ids).toEqual(['a', 'b', 'c']);
    expect(tally.damaged).toBe(1);
  });

  it('counts what is no event, and what was cut before it was delivered', async () => {
    const message = (text: string) => ({ id: '1', timestamp: 1, message: text });
    const long = '{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"x","requestObject":{"a":"bbb[Truncated...]';
    const logEvents = [
      message('time="now" msg="authenticated"'),
      message('{"kind":"Other"}'),
      message(long),
      message('7'),
    ];
    const { events, tally } = await read(
      Buffer.concat([
        gzipSync(envelope({ cluster: 'prod', logEvents })),
        gzipSync('{"some":"thing"}'),
        Buffer.from(long),
      ]),
    );
    expect(events).toEqual([]);
    expect(tally).toEqual({ ...NOTHING, others: 4, truncated: 2 });
    expect((await read(Buffer.alloc(0))).tally).toEqual({ ...NOTHING, empty: 1 });
  });

  it('reads an envelope of 20 MB, also where it is one of many', async () => {
    const big = `{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"big","requestObject":{"a":"${'x}{'.repeat(7_000_000)}"}}`;
    const one = (id: string, message: string) =>
      envelope({ cluster: 'prod', logEvents: [{ id, timestamp: 1, message }] });
    const small = '{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"small"}';
    for (const name of ['gzip members', 'nothing between'])
      expect((await read(FORMS[name]!([one('1', small), one('2', big), one('3', small)]), [65_536])).ids).toEqual([
        'small',
        'big',
        'small',
      ]);
  });

  it('a member in a member in a member is read no further', async () => {
    const { events, tally } = await read(gzipSync(gzipSync(gzipSync(CONTROL))));
    expect([events.length, tally.control]).toEqual([0, 0]);
    expect(tally.damaged).toBeGreaterThan(0);
  });

  it('hands out the events of a member before it takes the next one', async () => {
    const member = gzipSync(
      envelope({
        cluster: 'prod',
        logEvents: Array.from({ length: 80 }, (_, i) => ({
          id: `${i}`,
          timestamp: 1,
          message: JSON.stringify({
            kind: 'Event',
            apiVersion: 'audit.k8s.io/v1',
            auditID: `${i}`,
            pad: 'x'.repeat(20_000),
          }),
        })),
      }),
    );
    let given = 0;
    async function* endless() {
      for (let i = 0; i < 100; i++) {
        given++;
        yield member;
      }
    }
    let [most, seen] = [0, 0];
    for await (const batch of readEvents(endless(), { region: 'eu-west-1' }, newTally())) {
      seen += batch.length;
      most = Math.max(most, given - seen / 80);
    }
    expect(seen).toBe(8_000);
    expect(most).toBeLessThanOrEqual(1);
  });
});

describe('the keys of audit objects', () => {
  it.each([
    ['2026/11/25/16/rad-eks-audit-logs-1-2026-11-25-16-01-02-abc.gz', false],
    ['prefix/2026/11/25/16/x', false],
    ['errors/processing-failed/2026/11/25/16/x.gz', true],
    ['processing-failed/2026/11/25/16/x', true],
    ['decompression-failed/2026/11/25/16/x', true],
    ['some/format-conversion-failed/2026/11/25/16/x', true],
    ['2026/11/25/16/errors-1-failed-x.gz', false],
  ])('%s', (key, foreign) => expect(isForeign(key)).toBe(foreign));

  it('are found hour by hour, the latest first', () => {
    const at = (text: string) => Date.parse(`${text}Z`);
    expect(hourPrefixes(at('2026-12-31T22:59'), at('2027-01-01T00:01'))).toEqual([
      '2027/01/01/00/',
      '2026/12/31/23/',
      '2026/12/31/22/',
    ]);
  });
});
