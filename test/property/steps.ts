import fc from 'fast-check';
import type { World } from '../../src/simulator/model.ts';
import { type Trouble, troubles } from './faults.ts';
import { type Hand, hands } from './hands.ts';
import type { Line } from './run-laws.ts';
import { CONFIRMED, type Typed, typed, words } from './typed.ts';

/** Which regions are named: all, each that there is, one, or none. */
interface Where {
  readonly form: 'all' | 'each' | 'one' | 'none';
  readonly of: number;
}
interface Enable {
  readonly do: 'enable';
  readonly typed: Typed;
  readonly where: Where;
  readonly prefix: 'rad' | 'blue';
}
interface Teardown {
  readonly do: 'teardown';
  readonly flags: readonly string[];
  readonly where: Where;
  readonly prefix: 'rad' | 'blue';
}
interface Status {
  readonly do: 'status';
  readonly detailed: boolean;
  readonly where: Where;
  readonly prefix: 'rad' | 'blue';
}
export type Command = Enable | Teardown | Status;

export type Step =
  | {
      readonly command: Command;
      readonly planFirst: boolean;
      readonly twice: boolean;
      readonly trouble: Trouble | null;
    }
  | { readonly hand: Hand };

const prefix = fc.oneof(
  { weight: 7, arbitrary: fc.constant('rad' as const) },
  { weight: 1, arbitrary: fc.constant('blue' as const) },
);
const where = (usual: Where['form'], others: Where['form'][]): fc.Arbitrary<Where> =>
  fc.record({
    form: fc.oneof({ weight: 2, arbitrary: fc.constant(usual) }, { weight: 2, arbitrary: fc.constantFrom(...others) }),
    of: fc.nat(5),
  });

export const enables: fc.Arbitrary<Enable> = fc.record({
  do: fc.constant('enable' as const),
  typed: fc.oneof({ weight: 2, arbitrary: typed }, { weight: 1, arbitrary: fc.constant({}) }),
  where: where('all', ['each', 'one', 'none']),
  prefix,
});
export const teardowns: fc.Arbitrary<Teardown> = fc.record({
  do: fc.constant('teardown' as const),
  flags: fc.subarray(['--delete-data', '--keep-logging', '--no-drain']),
  where: where('none', ['each', 'one', 'all']),
  prefix,
});
const statuses: fc.Arbitrary<Status> = fc.record({
  do: fc.constant('status' as const),
  detailed: fc.boolean(),
  where: where('none', ['each', 'all']),
  prefix,
});

const sometimes = fc.integer({ min: 0, max: 2 }).map((n) => n === 2);
const trouble = fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: troubles });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      command: fc.oneof(
        { weight: 4, arbitrary: enables },
        { weight: 2, arbitrary: teardowns },
        { weight: 1, arbitrary: statuses },
      ),
      planFirst: sometimes,
      twice: sometimes,
      trouble,
    }),
  },
  { weight: 5, arbitrary: fc.record({ hand: hands }) },
);

/** A first enable-audit, then what comes. */
export const steps: fc.Arbitrary<readonly Step[]> = fc
  .tuple(enables, sometimes, sometimes, trouble, fc.array(step, { maxLength: 6 }))
  .map(([command, planFirst, twice, met, rest]) => [{ command, planFirst, twice, trouble: met }, ...rest]);

/** As it is typed in this world. */
export function lineOf(command: Command, world: World): Line {
  const prefixed = command.prefix === 'rad' ? [] : ['--name-prefix', command.prefix];
  const place = [...regionWords(command.where, world), ...prefixed];
  switch (command.do) {
    case 'enable':
      return { verb: 'enable-audit', words: [...place, ...words(command.typed, world), '--yes'] };
    case 'teardown':
      return { verb: 'teardown', words: [...place, ...command.flags, ...CONFIRMED] };
    case 'status':
      return { verb: 'status', words: [...place, ...(command.detailed ? ['--detailed-exitcode'] : [])] };
  }
}

function regionWords({ form, of }: Where, world: World): string[] {
  const names = Object.keys(world.regions);
  if (form === 'none') return [];
  const named = { all: 'all', each: names.join(','), one: names[of % names.length]! }[form];
  return ['--regions', named];
}
