import { describe, expect, it } from 'vitest';
import { ChildApp } from '../support/child-app.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

/** Time for the start of two processes, one after the other, on a machine that runs much else, in ms. */
const BUSY = 60_000;

describe('A cluster of an app with an env file', () => {
  it('follows edits in its workers too, which inherit the variables of the primary', async () => {
    const folder = new TempFolder();
    folder.write('.env', 'HC_NAME=one\n');
    const app = await ChildApp.run('env-worker', folder.path, { HC_NAME: undefined });
    await until(
      'both have started',
      () => /primary: one one/.test(app.stdout) && /worker: one one/.test(app.stdout),
      BUSY,
    );
    folder.write('.env', 'HC_NAME=two\n');
    await until(
      'both follow',
      () => /primary: two two/.test(app.stdout) && /worker: two two/.test(app.stdout),
      BUSY,
    );
    expect(app.stderr).not.toContain('environment of the process');
  }, 150_000);
});
