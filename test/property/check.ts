import fc from 'fast-check';

const { PROPERTY_SEED = '1', PROPERTY_RUNS = '1', PROPERTY_PATH } = process.env;

/** Fails with the seed, the path to the smallest counterexample and that itself; the same each time it is run. */
export async function holds<T>(
  arbitrary: fc.Arbitrary<T>,
  law: (value: T) => Promise<void> | void,
  runs: number,
): Promise<void> {
  const property = fc.asyncProperty(arbitrary, async (value) => {
    await law(value);
  });
  const details = await fc.check(property, {
    seed: Number(PROPERTY_SEED),
    numRuns: Math.ceil(runs * Number(PROPERTY_RUNS)),
    ...(PROPERTY_PATH && { path: PROPERTY_PATH }),
  });
  if (!details.failed) return;
  const { seed, counterexamplePath, counterexample, numRuns, errorInstance } = details;
  const [value] = counterexample ?? [];
  const error = errorInstance as Error;
  error.message = [
    error.message,
    `after ${numRuns} runs; again: PROPERTY_SEED=${seed} PROPERTY_PATH=${counterexamplePath}`,
    JSON.stringify(value, null, 1),
  ].join('\n\n');
  throw error;
}
