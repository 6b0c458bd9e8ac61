import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { account } from '../helpers/account.ts';
import { small } from '../helpers/small.ts';
import { dull, folderOf, objectOf, START, secrets } from './fixtures.ts';

const file = createRequire(import.meta.url).resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json');
const { $schema: _draft4, id: _id, ...schema } = JSON.parse(readFileSync(file, 'utf8'));
const validate = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false }).compile(schema);
const { run } = account(small());

const sarif = async (line: string) => {
  const { code, stdout } = await run(`${line} -o sarif`);
  const log = JSON.parse(stdout);
  validate(log);
  return { code, log, complaints: validate.errors ?? [] };
};

describe('findings as SARIF', () => {
  it('are as its schema has them, with one result for each group, that is the same in every run', async () => {
    const odd = secrets('b', START, { user: { username: 'a b<"\\' }, stageTimestamp: 'never', sourceIPs: [] });
    const folder = folderOf({ 'a b?#': objectOf([secrets('a'), odd, dull('c')]), broken: '{"x' });
    const { code, log, complaints } = await sarif(`findings ${folder}`);
    expect([code, complaints]).toEqual([0, []]);
    const [{ results, tool, invocations }] = log.runs;
    expect(results.length).toBeGreaterThan(2);
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex].id).toBe(ruleId);
    expect(results[0]).toMatchObject({ level: 'error', ruleId: 'secrets-list-cluster' });
    expect(invocations[0].toolExecutionNotifications).toHaveLength(1);
    const prints = (all: { partialFingerprints: object }[]) =>
      all.map(({ partialFingerprints }) => partialFingerprints);
    expect(prints((await sarif(`findings ${folder}`)).log.runs[0].results)).toEqual(prints(results));
  });

  it('are an empty run where there are none, and fail the run where they are to', async () => {
    const { log, complaints } = await sarif(`findings ${folderOf({ a: objectOf([dull('c')]) })}`);
    expect([log.runs[0].results, complaints]).toEqual([[], []]);
    expect((await sarif(`findings ${folderOf({ a: objectOf([secrets('a')]) })} --fail-on high`)).code).toBe(2);
  });

  it('have what GitHub wants of each rule and result', async () => {
    const { log } = await sarif(`findings ${folderOf({ a: objectOf([secrets('a')]) })}`);
    const [{ results, tool }] = log.runs;
    for (const { properties, shortDescription, help } of tool.driver.rules) {
      expect(Number(properties['security-severity'])).toBeGreaterThan(0);
      expect(properties.tags).toContain('security');
      expect([shortDescription.text, help.text].every(Boolean)).toBe(true);
    }
    for (const { message, locations } of results) {
      expect(message.text).toBeTruthy();
      expect(locations[0].physicalLocation.artifactLocation.uri).toMatch(/^\S+$/);
      expect(locations[0].physicalLocation.region.startLine).toBe(1);
    }
  });
});
