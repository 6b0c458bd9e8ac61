import { expect } from 'vitest';
import type { Document } from '../../src/render/document.ts';
import type { World } from '../../src/simulator/model.ts';
import { ACCOUNT, groupOf } from '../helpers/small.ts';
import { rowKey } from './run-laws.ts';
import { things } from './things.ts';

/** What a document says of its clusters is so. */
export function truthful(world: World, prefix: string, { clusters }: Document): void {
  const seen = clusters.map(({ region, name, filter }) => {
    const { [`${prefix}-eks-audit-logs`]: ours } = world.regions[region]!.groups[groupOf(name)]?.filters ?? {};
    const isOurs =
      ours?.destinationArn === `arn:aws:firehose:${region}:${ACCOUNT}:deliverystream/${prefix}-eks-audit-logs` &&
      ours.roleArn === `arn:aws:iam::${ACCOUNT}:role/${prefix}-cloudwatch-logs`;
    const auditLogging = world.regions[region]!.clusters[name]?.logging.includes('audit') ?? false;
    // How one that is there differs is told elsewhere.
    return { region, name, auditLogging, isOk: filter === 'ok' ? isOurs : false, isThere: ours !== undefined };
  });
  const told = clusters.map(({ region, name, auditLogging, filter }) => ({
    region,
    name,
    auditLogging,
    isOk: filter === 'ok',
    isThere: seen.find((one) => one.region === region && one.name === name)!.isThere && filter !== 'missing',
  }));
  expect(told, 'the clusters are as the document has them').toEqual(seen);
}

/** A run that ends well has reached its goal: each cluster that it means logs, through a filter of ours. */
export function connected({ clusters }: Document): void {
  const good = clusters.map(({ region, name }) => ({ region, name, auditLogging: true, filter: 'ok' }));
  expect(clusters.map(({ region, name, auditLogging, filter }) => ({ region, name, auditLogging, filter }))).toEqual(
    good,
  );
}

/** What is left of ours where teardown has been is kept for a reason that it tells. */
export function departed(world: World, prefix: string, { changes, regions }: Document): void {
  const places = ['global', ...regions.filter(({ state }) => state === 'ok').map(({ name }) => name)];
  // What stays is told as `update` where a tag of it changes.
  const kept = changes.filter(({ action, note }) => /^(keep|update)$/.test(action) && note).map(rowKey);
  const left = [...things(world).values()].filter(({ key, owner, whole }) => {
    if (!places.includes(key.split(' ')[0]!) || kept.includes(key)) return false;
    if (key.includes(' eks:cluster-logging ')) return (whole as { marked: boolean }).marked;
    return owner === prefix || owner === 'shared';
  });
  expect(
    left.map(({ key }) => key),
    'nothing of ours is left without a reason',
  ).toEqual([]);
}
