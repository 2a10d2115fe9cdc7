import { describe, expect, it } from 'vitest';
import { ChildApp } from '../support/child-app.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

async function start(env: Record<string, string> = {}) {
  const folder = new TempFolder();
  folder.write('app.yaml', 'n: 1\n');
  return ChildApp.run('shutdown', folder.path, env);
}

describe('An app that is closed', () => {
  it.each([
    ['with HTTP', {}],
    ['without HTTP', { CONTEXT_ONLY: '1' }],
    ['that polls', { POLLING: '1' }],
  ])(
    '%s lets its process end: no handle, timer or listener keeps it alive',
    async (_what, env: Record<string, string>) => {
      const app = await start(env);
      expect(await app.ended).toBe(0);
      expect(app.lines).toEqual([
        'notified of 2',
        'notified of 3',
        'notified of 4',
        'notified of 5',
        'ready',
        'left: ',
      ]);
    },
  );

  it('ends on SIGTERM as well, if it listens to signals', async () => {
    const app = await start({ SIGNALS: '1' });
    await until('it is ready', () => app.stdout.includes('ready'));
    app.process.kill('SIGTERM');
    expect(await app.ended).toBe('SIGTERM');
  });
});
