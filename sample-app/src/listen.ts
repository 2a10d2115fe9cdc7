import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';

/**
 * Listens on this machine only: the gateway has no authentication.
 *
 * @throws Error that says what to do, where the port is taken
 */
export async function listen(app: INestApplication, port: number | string): Promise<string> {
  // Longer than load balancers keep a connection that is idle: the one that ends it must be the one that sends requests.
  const server = app.getHttpServer() as Server;
  server.keepAliveTimeout = 65_000;
  try {
    await app.listen(port, '127.0.0.1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(
      `Port ${port} is taken. Stop what listens there, or choose another: PORT=3001 npm run demo`,
      {
        cause: error,
      },
    );
  }
  return app.getUrl();
}
