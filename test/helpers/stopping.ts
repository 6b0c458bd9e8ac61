import type { Server, Socket } from 'node:net';

/** How to end a server at once: also what waits in a handshake, which Node counts as no connection of HTTP. */
export function stopping(server: Server): () => Promise<void> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
}
