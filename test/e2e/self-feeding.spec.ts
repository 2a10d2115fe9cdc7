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

// Apps in parallel: most of the time goes into their starts, and into the 5 s that handlers get to end in.
describe('An app whose handlers cause the changes that they are called for', () => {
  it('goes on answering, names and stops them, and ends on SIGTERM', async () => {
    const ways = { set: 'Feeder.seen', ConfigService: 'Feeder.seen', hook: 'Feeder.onConfigRejected' };
    const run = async ([way, label]: [string, string]) => {
      const { app, url } = await start(way);
      expect((await fetch(`${url}/start`)).status).toBe(200);
      await until(`${way}: they are stopped`, async () => {
        expect((await fetch(url)).status).toBe(200);
        return app.stderr.includes('requested 100 reloads in a row');
      });
      const logged = app.stdout + app.stderr;
      expect(logged, way).toContain(`${label} has requested 10 reloads in a row`);
      expect(logged, way).toContain(`${label} has requested 100 reloads in a row`);
      app.process.kill('SIGTERM');
      expect(await app.ended).toBe('SIGTERM');
    };
    await Promise.all(Object.entries(ways).map(run));
  });

  it('goes on answering, and ends on SIGTERM, while they never stop', async () => {
    const run = async (way: string) => {
      const { app, url } = await start(way);
      expect((await fetch(`${url}/start`)).status).toBe(200);
      const versionNow = async () => ((await (await fetch(url)).json()) as { version: number }).version;
      await until(`${way}: there are many versions`, async () => (await versionNow()) > 5);
      app.process.kill('SIGTERM');
      expect(await app.ended).toBe('SIGTERM');
    };
    await Promise.all(['endless loop', 'iterator', 'file'].map(run));
  });
});
