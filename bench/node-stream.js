// What a person would write: one object after the other through zlib, cut at the envelopes' ends, parsed twice, one test.
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

const SEAM = '}{"messageType"';
let events = 0;
let found = 0;

for (const file of process.argv.slice(2)) {
  let rest = '';
  for await (const chunk of createReadStream(file).pipe(createGunzip()).setEncoding('utf8')) {
    rest += chunk;
    let from = 0;
    for (let at = rest.indexOf(SEAM); at >= 0; at = rest.indexOf(SEAM, from)) {
      read(rest.slice(from, at + 1));
      from = at + 1;
    }
    rest = rest.slice(from);
  }
  if (rest) read(rest);
}
process.stdout.write(JSON.stringify({ events, found }));

function read(envelope) {
  for (const { message } of JSON.parse(envelope).logEvents) {
    const { objectRef } = JSON.parse(message);
    events++;
    if (objectRef?.subresource === 'exec') found++;
  }
}
