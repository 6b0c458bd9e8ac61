import { CUT, END, plainText } from '../audit/gzip.ts';

/** What a look at the bytes of an object tells, without reading its events. */
export interface Seen {
  /** Parts of it cannot be inflated. */
  readonly damaged: boolean;
  /** There is no text in it. */
  readonly empty: boolean;
  /** Nothing that CloudWatch Logs or an API server has written. */
  readonly foreign: boolean;
  /** A document in it is so long that readers may stumble. */
  readonly huge: boolean;
}

/** Half of what the reader of events takes for a document without an end, and what engines read by default (DuckDB: 16 MB). */
const HUGE = 16 * 1_048_576;
const BEGINNING = 4_096;
/** An envelope of CloudWatch Logs begins with the one, an event with the other. */
const OURS = /"messageType"|audit\.k8s\.io\//;

export async function lookAt(bytes: Buffer): Promise<Seen> {
  let damaged = false;
  let head = '';
  const documents = createMeasure();
  for await (const piece of plainText([bytes], () => (damaged = true))) {
    if (piece === END || piece === CUT) documents.border();
    else {
      if (head.length < BEGINNING) head += piece.toString('latin1', 0, BEGINNING);
      documents.push(piece);
    }
  }
  const empty = head.trim() === '' && !damaged;
  return { damaged, empty, foreign: !empty && !damaged && !OURS.test(head), huge: documents.longest() > HUGE };
}

/** How long the longest document is at most: from one place to the next where a document seems to end. */
function createMeasure() {
  let [run, longest] = [0, 0];
  const add = (length: number) => {
    run += length;
    longest = Math.max(longest, run);
  };
  return {
    push(text: Buffer): void {
      const ends = BORDERS.flatMap((border) => [text.indexOf(border), text.lastIndexOf(border)]).filter(
        (at) => at >= 0,
      );
      add(Math.min(text.length, ...ends));
      if (ends.length) run = text.length - Math.max(...ends);
    },
    border(): void {
      run = 0;
    },
    longest: () => longest,
  };
}
const BORDERS = ['}{"', '}\n{'];
