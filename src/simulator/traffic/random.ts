/** Numbers that look random and are the same for the same seed (mulberry32, public domain). */
export interface Random {
  /** At least 0, less than 1. */
  next(): number;
  /** A whole number, less than `below`. */
  below(below: number): number;
  pick<T>(all: readonly T[]): T;
  /** So many lower-case hexadecimal digits. */
  hex(digits: number): string;
}

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    below,
    pick: (all) => all[below(all.length)]!,
    hex: (digits) => Array.from({ length: digits }, () => below(16).toString(16)).join(''),
  };
}
