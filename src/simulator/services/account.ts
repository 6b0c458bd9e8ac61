import { compare, page } from '../basics.ts';
import type { Service } from './service.ts';

export const account: Service = {
  /** AWS Account Management API reference, ListRegions: at most 50 a page. */
  ListRegions: ({ world }, { RegionOptStatusContains, MaxResults, NextToken }) => {
    const all = Object.entries(world.regions)
      .map(([RegionName, { optStatus }]) => ({ RegionName, RegionOptStatus: optStatus }))
      .filter(({ RegionOptStatus }) => !RegionOptStatusContains || RegionOptStatusContains.includes(RegionOptStatus))
      .sort((a, b) => compare(a.RegionName, b.RegionName));
    const size = Math.min(MaxResults ?? 50, Math.max(10, world.pageSize));
    const { items, next } = page(all, (region) => region.RegionName, size, NextToken);
    return { Regions: items, ...(next && { NextToken: next }) };
  },
};
