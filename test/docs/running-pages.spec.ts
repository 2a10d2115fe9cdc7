import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { filesOf, pageOf } from './page.js';
import { userPages } from './user-pages.js';
import { Workspace } from './workspace.js';

/** The quick start of the README: what all other pages build on. */
const quickStart = filesOf(userPages.find(({ path }) => path === 'README.md')!.fences);

describe('The code of the documentation', () => {
  const apps = userPages.map(({ path, fences }) => ({ path, app: pageOf(path, fences, quickStart) }));
  let workspace: Workspace;
  let complaints: string;

  beforeAll(async () => {
    workspace = await Workspace.create();
    for (const { app } of apps) await workspace.add(app);
    complaints = await workspace.compile();
  }, 120_000);

  afterAll(() => workspace?.remove());

  it('compiles, strictly', () => {
    expect(complaints).toBe('');
  });

  it.each(apps)('runs, and does what $path says', async ({ app }) => {
    expect(await workspace.run(app.name)).toContain('successfully started');
  });
});
