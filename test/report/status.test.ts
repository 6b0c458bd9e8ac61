import { describe, expect, it } from 'vitest';
import { statusPage } from '../../src/report/status.tsx';
import { cluster, HOSTILE, hostile, many, NOW, region, status } from './fixtures.ts';

const us = region('us-east-1');

describe('the page of status', () => {
  it('is one file that asks for nothing else, and runs nothing', () => {
    const page = statusPage(many(), NOW);
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).toContain(`default-src 'none'`);
    expect(page).not.toMatch(/<(script|link|iframe|object|img)\b|@import|url\(|\son\w+=/i);
  });

  it('tells of each cluster where events stop, why, and what to do', () => {
    const trouble = {
      state: 'failing',
      hop: 'filter',
      cause: 'its role may not',
      hint: 'rad-connect enable-audit',
    } as const;
    const page = statusPage(status([us], [cluster('us-east-1', 'prod'), cluster('us-east-1', 'stage', trouble)]), NOW);
    for (const text of ['stops at the filter', 'its role may not', 'rad-connect enable-audit', '1 min ago', '40 s ago'])
      expect(page).toContain(text);
    // The worst comes first.
    expect(page.indexOf('<td>stage</td>')).toBeLessThan(page.indexOf('<td>prod</td>'));
  });

  it('draws those of which the same is to be told as one, where there are many', () => {
    const page = statusPage(many(), NOW);
    expect(page).toContain('>40 clusters<');
    const pictures = page.match(/<svg class="flow".*?<\/svg>/gs) ?? [];
    expect(pictures).toHaveLength(5);
    expect(pictures.join('')).not.toContain('>team-39-prod</text>');
  });

  it.each([
    ['stream', ['failing', 'unknown', 'unknown']],
    ['bucket', ['delivering', 'failing', 'unknown']],
  ] as const)('draws what stops at the %s where it stops', (hop, states) => {
    const page = statusPage(
      status([region('us-east-1', { state: 'failing', hop })], [cluster('us-east-1', 'prod')]),
      NOW,
    );
    // The last three boxes are stream, bucket and RAD.
    const boxes = [...page.matchAll(/<rect class="box (\w+)"/g)].map(([, state]) => state);
    expect(boxes.slice(-3)).toEqual(states);
  });

  it('shows what differs, errors and warnings', () => {
    const page = statusPage(
      status([us], [], {
        changes: [
          {
            region: 'us-east-1',
            type: 's3:bucket',
            id: 'bucket-1',
            action: 'keep',
            reason: 'drifted',
            status: 'unchanged',
            note: 'it is stricter',
            diff: [{ path: 'lifecycle', before: 30, after: 7 }],
          },
        ],
        warnings: [{ code: 'W', region: 'global', id: '', message: 'a warning', hint: null }],
        errors: [
          { code: 'E', region: 'global', id: '', message: 'an error', hint: 'do it', awsCode: null, requestId: null },
        ],
      }),
      NOW,
    );
    for (const text of ['bucket-1', 'it is stricter', 'lifecycle: 30 → 7', 'a warning', 'an error', 'do it'])
      expect(page).toContain(text);
  });

  it('escapes what comes from the account', () => {
    const page = statusPage(hostile(), NOW);
    for (const name of HOSTILE.filter((text) => text.includes('<'))) expect(page).not.toContain(name);
  });
});
