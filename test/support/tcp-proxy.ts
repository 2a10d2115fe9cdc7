import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A network between a client and a server on loopback, which a test makes slow, silent or broken. */
export interface TcpProxy {
  readonly port: number;
  /** Number of connections that are open. */
  readonly connections: number;
  /** Number of connections since the start. */
  readonly accepted: number;
  /** Delays each chunk in both directions, in ms. */
  delayMs: number;
  /** Drops all bytes in both directions, also of new connections: nobody notices, as with a broken cable. */
  isSilent: boolean;
  /** Refuses new connections. */
  isRefusing: boolean;
  /** Sends the end of the stream to all clients, and goes on to take what they send. */
  halfClose(): void;
  /** Destroys all connections. */
  cut(): void;
}

/** Starts a proxy in front of a port on loopback. Closed after the test. */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let accepted = 0;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    accepted += 1;
    if (proxy.isRefusing) return void client.resetAndDestroy();
    const upstream = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    const pair = [client, upstream] as const;
    pairs.add(pair);
    forward(client, upstream);
    forward(upstream, client);
    const end = () => {
      pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of pair) socket.on('error', end).on('close', end);
  });
  const forward = (from: Socket, to: Socket) => {
    const later = (work: () => void) =>
      proxy.delayMs > 0 ? void setTimeout(() => to.destroyed || work(), proxy.delayMs) : work();
    from.on('data', (chunk) => {
      if (!proxy.isSilent) later(() => to.write(chunk));
    });
    from.on('end', () => {
      if (!proxy.isSilent) later(() => to.end());
    });
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: TcpProxy = {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return pairs.size;
    },
    get accepted() {
      return accepted;
    },
    delayMs: 0,
    isSilent: false,
    isRefusing: false,
    halfClose: () => pairs.forEach(([client]) => client.end()),
    cut: () => pairs.forEach(([client]) => client.resetAndDestroy()),
  };
  onTestFinished(() => {
    proxy.cut();
    server.close();
  });
  return proxy;
}
