import { gzipSync } from 'node:zlib';

// Objects as Firehose makes them, by its settings.

export interface LogEvent {
  readonly id: string;
  readonly timestamp: number;
  readonly message: string;
}
export interface Envelope {
  readonly cluster: string;
  readonly logEvents: readonly LogEvent[];
}

export const ACCOUNT = '123456789012';

/** As CloudWatch Logs writes it. */
export const envelope = ({ cluster, logEvents }: Envelope) =>
  JSON.stringify({
    messageType: 'DATA_MESSAGE',
    owner: ACCOUNT,
    logGroup: `/aws/eks/${cluster}/cluster`,
    logStream: 'kube-apiserver-audit-0123456789abcdef0123456789abcdef',
    subscriptionFilters: ['rad-eks-audit-logs'],
    logEvents,
  });

export const CONTROL = JSON.stringify({
  messageType: 'CONTROL_MESSAGE',
  owner: 'CloudwatchLogs',
  logGroup: '',
  logStream: '',
  subscriptionFilters: [],
  logEvents: [{ id: '', timestamp: 1, message: 'CWL CONTROL MESSAGE: Checking health of destination Firehose.' }],
});

const gz = (text: string) => gzipSync(text);

export const FORMS: Readonly<Record<string, (documents: readonly string[]) => Buffer>> = {
  'gzip members': (all) => Buffer.concat(all.map(gz)),
  'gzip of gzip members': (all) => gzipSync(Buffer.concat(all.map(gz))),
  'gzip members on lines': (all) => Buffer.concat(all.flatMap((one) => [gz(one), Buffer.from('\n')])),
  'nothing between': (all) => Buffer.from(all.join('')),
  lines: (all) => Buffer.from(all.map((one) => `${one}\n`).join('')),
  'lines of Windows': (all) => Buffer.from(all.join('\r\n')),
  'gzip of text': (all) => gzipSync(all.join('')),
  'gzip of lines': (all) => gzipSync(all.join('\n')),
};

/** The same bytes in pieces of these lengths, again and again. */
export async function* inPieces(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length] ?? bytes.length;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}
