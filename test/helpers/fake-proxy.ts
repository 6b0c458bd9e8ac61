import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { stopping } from './stopping.ts';

/** A proxy that leads every CONNECT to one port of this machine; `answer` other than 200 is all it says. */
export async function fakeProxy(port: number) {
  const asked: { readonly host: string; readonly authorization: string | undefined }[] = [];
  let answer = '200 OK';
  const server = createServer((request, response) => {
    asked.push({ host: request.url ?? '', authorization: request.headers['proxy-authorization'] });
    response.writeHead(502).end();
  });
  const stop = stopping(server);
  server.on('connect', ({ url = '', headers }, socket, head) => {
    asked.push({ host: url, authorization: headers['proxy-authorization'] });
    socket.on('error', () => {});
    if (answer !== '200 OK') {
      socket.end(`HTTP/1.1 ${answer}\r\n\r\n`);
      return;
    }
    const there = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      there.write(head);
      there.pipe(socket).pipe(there);
    });
    there.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reset(status = '200 OK') {
      asked.length = 0;
      answer = status;
    },
    stop,
  };
}
