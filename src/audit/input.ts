/** Bytes as they come. Those since the mark can be read once more. */
export interface Input {
  /** At least so many bytes where there are as many; they are not used by it. */
  see(count: number): Promise<Buffer>;
  /** Uses up some of them; empty: there are no more. */
  take(most: number): Promise<Buffer>;
  /** From here on they are kept: all that CloudWatch Logs puts into one record, and more. */
  mark(): void;
  /** Unused again: so many of those taken last. */
  back(count: number): void;
  /** Unused again: all since the mark. */
  rewind(): void;
  close(): Promise<void>;
}

/** A record of Firehose has at most 1,000 KiB (Data Firehose quotas). */
const KEPT = 2 * 1_048_576;

/** The bytes of an object, as they come or all at hand. */
export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export function createInput(chunks: Chunks): Input {
  const source = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]();
  let held: Buffer = Buffer.alloc(0);
  let at = 0;
  let marked = 0;
  const more = async (): Promise<boolean> => {
    const { done, value } = await source.next();
    if (done) return false;
    const start = Math.min(at, Math.max(marked, at - KEPT));
    const next = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    held = start === held.length ? next : Buffer.concat([held.subarray(start), next]);
    at -= start;
    marked = Math.max(0, marked - start);
    return true;
  };
  return {
    async see(count) {
      while (held.length - at < count && (await more()));
      return held.subarray(at);
    },
    async take(most) {
      while (held.length === at && (await more()));
      const taken = held.subarray(at, at + most);
      at += taken.length;
      return taken;
    },
    mark() {
      marked = at;
    },
    back(count) {
      at -= count;
    },
    rewind() {
      at = marked;
    },
    async close() {
      await source.return?.();
    },
  };
}
