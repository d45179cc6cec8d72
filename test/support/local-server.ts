/** A server of a test's own on loopback: whatever stands at the other end of the network. Must never: outlive its test. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LocalServer {
  /** As http://127.0.0.1:12345. */
  readonly origin: string;
  /** Cuts open connections, too. */
  close(): Promise<void>;
}

export async function serveLocally(handle: RequestListener, port = 0): Promise<LocalServer> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
