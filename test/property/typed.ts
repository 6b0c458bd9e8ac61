import fc from 'fast-check';
import type { World } from '../../src/simulator/model.ts';
import { ACCOUNT } from '../helpers/small.ts';

/** The options of one run of enable-audit that are settings. What is left out is not typed. */
export interface Typed {
  readonly externalId?: string;
  readonly retention?: string;
  readonly logRetention?: string;
  readonly pattern?: string;
  readonly tags?: readonly string[];
  readonly clusters?: readonly Glob[] | 'none';
  readonly exclude?: readonly Glob[] | 'none';
}
/** A glob that is made of the name of a cluster that there is. */
interface Glob {
  readonly form: 'name' | 'start' | 'end' | 'one-letter';
  readonly of: number;
}

const pattern = (user: string) => `{ $.user.username != "${user}" }`;
const glob: fc.Arbitrary<Glob> = fc.record({
  form: fc.constantFrom('name', 'start', 'end', 'one-letter'),
  of: fc.nat(9),
});
const globs = fc.oneof(
  { weight: 3, arbitrary: fc.array(glob, { minLength: 1, maxLength: 2 }) },
  { weight: 1, arbitrary: fc.constant('none' as const) },
);

export const typed: fc.Arbitrary<Typed> = fc.record(
  {
    externalId: fc.constantFrom('abc-123', 'x=1', 'none', 'A+=,.@:/-z', 'l'.repeat(500)),
    retention: fc.constantFrom('1', '7', '14', '3650', 'none'),
    logRetention: fc.constantFrom('1', '90', '30', '3653', 'none'),
    pattern: fc.constantFrom(
      pattern('a'),
      'none',
      '',
      '"needle" -hay',
      '. .',
      pattern('ü='.repeat(150)),
      pattern('l='.repeat(470)),
    ),
    tags: fc.oneof(
      { weight: 1, arbitrary: fc.constant(['none']) },
      {
        weight: 4,
        arbitrary: fc.subarray(['team=a', 'team=b c', 'κλειδί=τιμή', '__proto__=x', 'constructor=', 'a+b=c=d@e/f:g'], {
          minLength: 1,
        }),
      },
    ),
    clusters: globs,
    exclude: globs,
  },
  { requiredKeys: [] },
);

/** Both spellings of a list: with commas, or repeated. */
export function words(options: Typed, world: World): string[] {
  const { externalId, retention, logRetention, pattern: filter, tags = [], clusters, exclude } = options;
  const option = (name: string, value: string | undefined) => (value === undefined ? [] : [name, value]);
  return [
    ...option('--external-id', externalId),
    ...option('--retention-days', retention),
    ...option('--log-retention-days', logRetention),
    ...option('--filter-pattern', filter),
    ...tags.flatMap((tag) => ['--tag', tag]),
    ...option('--clusters', globText(clusters, world)),
    ...option('--exclude-clusters', globText(exclude, world)),
  ];
}

function globText(list: Typed['clusters'], world: World): string | undefined {
  if (list === undefined || list === 'none') return list;
  const names = Object.values(world.regions).flatMap(({ clusters }) => Object.keys(clusters));
  if (names.length === 0) return undefined;
  return list.map(({ form, of }) => shaped(names[of % names.length]!, form)).join(',');
}

function shaped(name: string, form: Glob['form']): string {
  if (form === 'start') return `${name.slice(0, 1)}*`;
  if (form === 'end') return `*${name.slice(-1)}`;
  return form === 'one-letter' ? `?${name.slice(1)}` : name;
}

export const CONFIRMED = ['--yes', '--confirm', ACCOUNT];
