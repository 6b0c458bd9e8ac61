import type { QueryAnswer, Region, World } from '../model.ts';

/** What a client sent. Each operation reads the fields that AWS documents for it. */
// biome-ignore lint/suspicious/noExplicitAny: inputs are as loosely typed as the wire
export type Input = any;

/** Where and when an operation takes place. */
export interface At {
  readonly world: World;
  readonly region: string;
  readonly now: number;
  /** What the account has in this region. */
  readonly here: Region;
  /** The idempotency token that the SDK filled in. */
  readonly token: string | undefined;
  /** What a query comes to that is started now. */
  readonly answer?: QueryAnswer | undefined;
}

/** Changes the world and answers, or throws an error of AWS without having changed anything. */
export type Operation = (at: At, input: Input) => object;
export type Service = Readonly<Record<string, Operation>>;

export const arn = ({ world, region }: At, service: string, name: string): string =>
  `arn:${world.partition}:${service}:${region}:${world.account}:${name}`;

export const limit = ({ world }: At, asked: number | undefined): number =>
  Math.min(asked ?? world.pageSize, world.pageSize);
