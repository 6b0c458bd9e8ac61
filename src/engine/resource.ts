import type { RadError } from './errors.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type Spec = { readonly [field: string]: Json };
export type Tags = Readonly<Record<string, string>>;
/** Tags that a thing must have (a string), must not have (null), or that say nothing where they are there (''). */
export type Labels = Readonly<Record<string, string | null>>;

/** The words of the contract for what rad-connect makes or changes. */
export type Type =
  | 'iam:role'
  | 's3:bucket'
  | 'firehose:delivery-stream'
  | 'logs:log-group'
  | 'eks:cluster-logging'
  | 'logs:subscription-filter'
  | 'rad:registration'
  | 'glue:database'
  | 'glue:table'
  | 'athena:workgroup';

/** What AWS says now, projected onto the fields we manage. */
export interface Actual<S extends Spec = Spec> {
  readonly exists: boolean;
  readonly spec: Partial<S>;
  /** undefined: this type cannot be tagged. */
  readonly tags: Tags | undefined;
  /** What else was seen, for decisions and warnings; never compared, never written. */
  readonly facts: Spec;
}

export const absent = <S extends Spec>(facts: Spec = {}): Actual<S> => ({
  exists: false,
  spec: {},
  tags: undefined,
  facts,
});

/** survey: one listing per region may serve all. fresh: ask about this very thing, after a write. */
export type How = 'survey' | 'fresh';

/** What one step may ask of its run: stop when told, say what it waits for, pass time (milliseconds). */
export interface Run {
  readonly signal: AbortSignal;
  note(text: string): void;
  now(): number;
  sleep(ms: number): Promise<void>;
}

/**
 * How we know that a thing is ours.
 * tag: it carries our claim from the call that made it. prior: the customer's; we change a field and note what it was.
 * if-made: ours where we had to make it, else the customer's and left alone. used: made elsewhere, needed and never written.
 * A function: cannot be tagged, known by its content.
 */
export type Claim<S extends Spec = Spec> =
  | 'tag'
  | 'prior'
  | 'if-made'
  | 'used'
  | ((seen: Partial<S>, wanted: S) => boolean);

/** How one kind of AWS thing is read and made so. `put` has exactly one entry per spec field: what one API call writes. */
export interface Kind<S extends Spec, C> {
  readonly type: Type;
  readonly claim: Claim<S>;
  read(aws: C, name: string, how: How): Promise<Actual<S>>;
  /** Makes it bare, with these tags; that it exists already is success. Absent: `put` makes it. */
  create?(aws: C, name: string, spec: S, tags: Tags, run: Run): Promise<void>;
  readonly put: { readonly [F in keyof S]: (aws: C, name: string, spec: S, run: Run) => Promise<unknown> };
  tag?(aws: C, name: string, tags: Tags): Promise<unknown>;
  untag?(aws: C, name: string, keys: readonly string[]): Promise<unknown>;
  /** That it is gone already is success. */
  delete?(aws: C, name: string, run: Run): Promise<unknown>;
  /** What is there is longer, stronger or narrower than what is wanted: it is told, and kept. */
  stricter?(path: string, from: Json | undefined, to: Json): boolean;
}

/** Why something of ours stays when the rest goes, and which of its tags change all the same. */
export interface Stay {
  readonly why: string;
  readonly labels?: Labels;
  /** Give it back to the customer: our marks go. */
  readonly release?: boolean;
}

/** What was seen of another resource of the same run. */
export type Seen = (resource: Resource) => Actual | undefined;

export interface Wish {
  readonly needs?: readonly Resource[];
  /** Tags kept so, beside our own state. */
  readonly labels?: Labels;
  /** Tags given at creation and never looked at again: the user's. */
  readonly birth?: Tags;
  /** Fields that the user named in this very run: written even where what is there is stricter. */
  readonly insist?: readonly string[];
  /** What is wanted may be defaults only because its record is gone: nothing that we left is made weaker for it. */
  readonly unsure?: boolean;
  /** It is good as it is, whatever differs: another installation looks after it. */
  leaves?(actual: Actual): boolean;
  /** A reason known beforehand why AWS would refuse to make it. */
  refused?(actual: Actual, seen: Seen): RadError | undefined;
  stays?(actual: Actual, seen: Seen): Stay | undefined;
  /** It takes over from a thing of somebody else, which is wanted gone once this one stands. */
  readonly adopts?: boolean;
  /** Whose it is, where that is not plain from its name. */
  readonly about?: string;
  /** Right before deletion: waits for what has to happen first, and says why it must stay after all. */
  beforeDelete?(run: Run): Promise<Stay | undefined>;
}

/** One desired thing, closed over its clients. `needs` hold objects that already exist, so a cycle cannot be written. */
export interface Resource extends Readonly<Required<Pick<Wish, 'needs' | 'labels' | 'insist' | 'unsure' | 'adopts'>>> {
  readonly type: Type;
  readonly claim: Claim;
  readonly region: string;
  readonly name: string;
  readonly spec: Spec;
  /** Wanted gone even where the goal is `present`. */
  readonly unwanted: boolean;
  readonly about: string | undefined;
  readonly leaves: NonNullable<Wish['leaves']>;
  readonly refused: NonNullable<Wish['refused']>;
  readonly stays: NonNullable<Wish['stays']>;
  readonly beforeDelete: NonNullable<Wish['beforeDelete']>;
  read(how: How): Promise<Actual>;
  create(tags: Tags, run: Run): Promise<void>;
  put(field: string, target: Spec, run: Run): Promise<unknown>;
  tag(tags: Tags): Promise<unknown>;
  untag(keys: readonly string[]): Promise<unknown>;
  delete(run: Run): Promise<unknown>;
  /** Looks afresh until it is so, or for as long as reads may be late: what was seen last. */
  until(ready: (now: Actual) => boolean, run: Run): Promise<Actual>;
  stricter(path: string, from: Json | undefined, to: Json): boolean;
}

/** Reads until it is so, or for as long as reads may be late after a write: what was read last. */
export type Until = <T>(read: () => Promise<T>, ready: (value: T) => boolean, run: Run) => Promise<T>;

/** Erase the spec type once, here, so that the engine has no generics; and let no foreign error leave a resource. */
export function defineKind<S extends Spec, C extends { readonly region: string }>(
  kind: Kind<S, C>,
  explain: (error: unknown) => RadError,
  until: Until,
) {
  const door =
    <A extends unknown[], T>(verb: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      try {
        return await verb(...args);
      } catch (error) {
        throw explain(error);
      }
    };
  const wanted = (aws: C, name: string, spec: S, wish: Wish = {}): Resource => ({
    type: kind.type,
    unwanted: false,
    adopts: wish.adopts ?? false,
    about: wish.about,
    claim: kind.claim as Claim,
    region: aws.region,
    name,
    spec,
    needs: wish.needs ?? [],
    labels: wish.labels ?? {},
    insist: wish.insist ?? [],
    unsure: wish.unsure ?? false,
    leaves: (actual) => wish.leaves?.(actual) ?? false,
    refused: (actual, seen) => wish.refused?.(actual, seen),
    stays: (actual, seen) => wish.stays?.(actual, seen),
    beforeDelete: door(async (run: Run) => wish.beforeDelete?.(run)),
    read: door((how: How) => kind.read(aws, name, how)),
    create: door(async (tags: Tags, run: Run) =>
      kind.create?.(aws, name, spec, { ...wish.birth, ...presentLabels(wish.labels), ...tags }, run),
    ),
    put: door(async (field: string, target: Spec, run: Run) => kind.put[field]?.(aws, name, target as S, run)),
    tag: door(async (tags: Tags) => kind.tag?.(aws, name, tags)),
    untag: door(async (keys: readonly string[]) => kind.untag?.(aws, name, keys)),
    delete: door(async (run: Run) => kind.delete?.(aws, name, run)),
    until: door((ready: (now: Actual) => boolean, run: Run) =>
      until<Actual>(() => kind.read(aws, name, 'fresh'), ready, run),
    ),
    stricter: (path, from, to) => kind.stricter?.(path, from, to) ?? false,
  });
  /** A thing of somebody else that is to go, if its content says that it is the one that is meant. */
  const gone = (aws: C, name: string, isMeant: (seen: Spec) => boolean, wish: Wish): Resource => ({
    ...wanted(aws, name, {} as S, wish),
    claim: (seen) => isMeant(seen as Spec),
    unwanted: true,
  });
  return Object.assign(wanted, { gone });
}

/** Those to be written to a thing with these tags: what must be there, and what must say nothing where it does. */
export const presentLabels = (labels: Labels = {}, now: Tags = {}): Tags =>
  Object.fromEntries(
    Object.entries(labels).filter(
      (entry): entry is [string, string] => entry[1] !== null && (entry[1] !== '' || Boolean(now[entry[0]])),
    ),
  );
