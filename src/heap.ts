import { setFlagsFromString } from 'node:v8';

/**
 * Where the machine has room, V8 lets the heap grow to four times of what lives in it before it looks for what does not. A run
 * waits for minutes and works for seconds: it may look sooner. `inBursts`: new objects come many at once, and V8 would keep room for the most.
 */
export function keepHeapSmall(inBursts = false): void {
  setFlagsFromString('--heap-growing-percent=25');
  if (inBursts) setFlagsFromString('--semi-space-growth-factor=1');
}
