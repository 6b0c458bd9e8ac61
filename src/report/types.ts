import type { ClusterRow, RegionRow } from '../render/document.ts';

export type Delivery = ClusterRow['delivery'];
export type Region = RegionRow;
