import { mkdirSync, symlinkSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ChildApp } from '../support/child-app.js';
import { TempFolder } from '../support/temp-folder.js';

it('A process ends when the deadline of its load has passed, though links lead to / and /proc', async () => {
  const folder = new TempFolder();
  mkdirSync(folder.file('m'));
  folder.write('m/a.txt', 'x');
  symlinkSync('/', folder.file('m/everything'));
  symlinkSync('/proc', folder.file('m/processes'));
  const app = await ChildApp.run('linked-directory', folder.path);
  expect(await app.ended).toBe(0);
  expect(app.stdout).toContain('no answer within 100 ms');
});
