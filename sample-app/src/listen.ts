import type { Server } from 'node:http';
import type { INestApplication } from '@nestjs/common';

/**
 * Listens on this machine only: the gateway has no authentication.
 *
 * @throws Error with an instruction if the port is in use
 */
export async function listen(app: INestApplication, port: number | string): Promise<string> {
  // Longer than load balancers keep an idle connection: the side that sends the requests must close it.
  const server = app.getHttpServer() as Server;
  server.keepAliveTimeout = 65_000;
  try {
    await app.listen(port, '127.0.0.1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(
      `Port ${port} is in use. Stop the process that listens there, or choose another port: PORT=3001 npm run demo`,
      {
        cause: error,
      },
    );
  }
  return app.getUrl();
}
