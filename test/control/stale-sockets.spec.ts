import 'reflect-metadata';
import { existsSync, renameSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli } from '../support/cli.js';
import { until } from '../support/until.js';
import { openChannel } from './open-channel.js';

describe('The socket of a killed app', () => {
  it('is removed by the next app, and not by the command', async () => {
    const { socketDir, open } = await openChannel();
    const stale = join(socketDir, 'gone-1.sock');
    const make = async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(stale, resolve));
      // close() would remove the socket: moved away and back, it stays without a listener.
      renameSync(stale, `${stale}.kept`);
      await new Promise((resolve) => server.close(resolve));
      renameSync(`${stale}.kept`, stale);
    };
    await make();
    await until('an app removes it', async () => {
      expect((await cli(['--socket-dir', socketDir, 'status'])).code).toBe(0);
      expect(existsSync(stale)).toBe(true);
      await (await open()).close();
      return !existsSync(stale);
    });
  });
});
