/** How much is worked on at once. */
export interface Limits {
  readonly places: number;
  /** Of all that is in flight; what is larger by itself goes alone. */
  readonly bytes: number;
}

/** Works on things as they come, in their order, several at a time. When one fails no other begins, and it fails once all have ended. */
export async function inFlight<T>(
  things: AsyncIterable<T> | Iterable<T>,
  { places, bytes }: Limits,
  sizeOf: (thing: T) => number,
  work: (thing: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let weight = 0;
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const thing of things) {
      const size = sizeOf(thing);
      while (running.size && (running.size >= places || weight + size > bytes)) await Promise.race(running);
      if (failure) break;
      weight += size;
      const run: Promise<void> = work(thing)
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => {
          weight -= size;
          running.delete(run);
        });
      running.add(run);
    }
  } finally {
    await Promise.all(running);
  }
  if (failure) throw (failure as { readonly error: unknown }).error;
}
