import { crc32, createInflateRaw } from 'node:zlib';
import { type Chunks, createInput, type Input } from './input.ts';

/** Where text ends: whole, or because what held it is damaged. */
export const END = Symbol('end');
export const CUT = Symbol('cut');
export type Piece = Buffer | typeof END | typeof CUT;

/** How a gzip member of deflated data begins (RFC 1952). */
const MAGIC = Buffer.from([0x1f, 0x8b, 0x08]);
/** CloudWatch Logs compresses once, and Firehose may once more; a member in a member in a member is somebody's trap. */
const DEEPEST = 2;
const CHUNK = 65_536;

/**
 * The text of an object, out of whatever gzip members it is in: one after the other, in one another, with text between them or
 * without. Text never looks like a member: JSON has no byte 0x1f. Of a damaged member comes what can be inflated, and from
 * the next one on all is read as if nothing had been.
 */
export async function* plainText(
  chunks: Chunks,
  damaged: () => void,
  depth = 0,
  around = { isWrapped: false },
): AsyncGenerator<Piece> {
  const input = createInput(chunks);
  let isLost = false;
  try {
    for (;;) {
      const held = await input.see(MAGIC.length);
      if (held.length === 0) return;
      if (depth >= DEEPEST || !held.subarray(0, MAGIC.length).equals(MAGIC)) {
        // Text is never read twice, so none is kept.
        input.mark();
        yield* textUpToMember(input, held);
        continue;
      }
      around.isWrapped = true;
      const member = { isWhole: false, isWrapped: false };
      input.mark();
      yield* plainText(inflate(input, member), damaged, depth + 1, member);
      yield member.isWhole ? END : CUT;
      if (!member.isWhole) {
        if (!isLost) damaged();
        await skipDamage(input, member.isWrapped);
      }
      isLost = !member.isWhole;
    }
  } finally {
    await input.close();
  }
}

async function* textUpToMember(input: Input, held: Buffer): AsyncGenerator<Piece> {
  const next = held.indexOf(MAGIC, 1);
  // The last two bytes may be the first of a member.
  const most = next > 0 ? next : held.length < MAGIC.length ? held.length : held.length - (MAGIC.length - 1);
  yield await input.take(most);
  if (next > 0) yield END;
}

/**
 * On to the next member. One that is cut short has swallowed the beginning of those that follow, so it is looked for from its
 * first bytes on; members within it were read already, and are not read twice.
 */
async function skipDamage(input: Input, isWrapped: boolean): Promise<void> {
  if (!isWrapped) {
    input.rewind();
    await input.take(1);
  }
  for (;;) {
    const held = await input.see(MAGIC.length);
    const next = held.indexOf(MAGIC);
    if (next === 0) return;
    const isLast = held.length < MAGIC.length;
    await input.take(next > 0 ? next : isLast ? held.length : held.length - (MAGIC.length - 1));
    if (isLast) return;
  }
}

/** Inflates one member and says whether it is whole. */
async function* inflate(input: Input, member: { isWhole: boolean }): AsyncGenerator<Buffer> {
  const header = headerLength(await input.see(LONGEST_HEADER));
  if (header === undefined) return;
  await input.take(header);
  const feed = createInflater();
  let [sum, length] = [0, 0];
  try {
    for (;;) {
      const bytes = await input.take(CHUNK);
      if (bytes.length === 0) return;
      const { output, used, failed } = await feed(bytes);
      for (const part of output) {
        sum = crc32(part, sum);
        length += part.length;
        yield part;
      }
      if (failed) return;
      if (used === bytes.length) continue;
      input.back(bytes.length - used);
      const trailer = (await input.see(TRAILER)).subarray(0, TRAILER);
      if (trailer.length < TRAILER) return;
      await input.take(TRAILER);
      member.isWhole = trailer.readUInt32LE(0) === sum && trailer.readUInt32LE(4) === length % 2 ** 32;
      return;
    }
  } finally {
    feed.close();
  }
}

/** Checksum and length of what was deflated (RFC 1952). */
const TRAILER = 8;
const LONGEST_HEADER = 1_024;
const [CHECKED, EXTRA, NAMED, COMMENTED, RESERVED] = [2, 4, 8, 16, 0xe0] as const;

/** undefined: this is no header (RFC 1952). */
function headerLength(bytes: Buffer): number | undefined {
  const flags = bytes[3] ?? RESERVED;
  if (flags & RESERVED) return undefined;
  let end = 10;
  if (flags & EXTRA) end += 2 + (bytes.length >= 12 ? bytes.readUInt16LE(10) : LONGEST_HEADER);
  for (const flag of [NAMED, COMMENTED]) {
    if (!(flags & flag)) continue;
    const zero = bytes.indexOf(0, end);
    if (zero < 0) return undefined;
    end = zero + 1;
  }
  if (flags & CHECKED) end += 2;
  return end <= bytes.length ? end : undefined;
}

/** Inflates bit by bit; what is not used of the bytes comes after the end of the deflated data. */
function createInflater() {
  const engine = createInflateRaw({ chunkSize: CHUNK });
  let output: Buffer[] = [];
  let failed = false;
  let settle = () => {};
  engine.on('data', (part: Buffer) => output.push(part));
  engine.on('error', () => {
    failed = true;
    settle();
  });
  const feed = async (bytes: Buffer) => {
    const before = engine.bytesWritten;
    output = [];
    await new Promise<void>((resolve) => {
      settle = resolve;
      engine.write(bytes, () => resolve());
    });
    return { output, used: engine.bytesWritten - before, failed };
  };
  return Object.assign(feed, { close: () => engine.destroy() });
}
