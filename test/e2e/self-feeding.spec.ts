import { describe, expect, it } from 'vitest';
import { ChildApp } from '../support/child-app.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

async function start(way: string) {
  const folder = new TempFolder();
  folder.write('app.yaml', 'n: 1\n');
  const app = await ChildApp.run('self-feeding', folder.path, { WAY: way });
  await until('it listens', () => app.stdout.includes('url: '));
  return { app, url: /url: (.*)/.exec(app.stdout)![1]! };
}

describe('An app whose handlers cause the changes that they are called for', () => {
  it.each([
    ['set', 'Feeder.seen has'],
    ['debounced', 'Feeder.seen has'],
    ['ConfigService', 'Feeder.seen has'],
    ['two', 'Feeder.ping, Feeder.pong have'],
    ['hook', 'Feeder.onConfigRejected has'],
  ])('goes on answering, names and stops them, and ends on SIGTERM: %s', async (way, label) => {
    const { app, url } = await start(way);
    expect((await fetch(`${url}/start`)).status).toBe(200);
    await until('they are stopped', async () => {
      expect((await fetch(url)).status).toBe(200);
      return app.stderr.includes('requested 100 reloads in a row');
    });
    const logged = (app.stdout + app.stderr).replaceAll(
      'Feeder.pong, Feeder.ping',
      'Feeder.ping, Feeder.pong',
    );
    expect(logged).toContain(`${label} requested 10 reloads in a row`);
    expect(logged).toContain(`${label} requested 100 reloads in a row`);
    app.process.kill('SIGTERM');
    expect(await app.ended).toBe('SIGTERM');
  });

  it('goes on answering, and ends on SIGTERM, while a handler never stops', async () => {
    const { app, url } = await start('endless loop');
    expect((await fetch(`${url}/start`)).status).toBe(200);
    const versionNow = async () => ((await (await fetch(url)).json()) as { version: number }).version;
    await until('there are many versions', async () => (await versionNow()) > 20);
    app.process.kill('SIGTERM');
    expect(await app.ended).toBe('SIGTERM');
  });
});
