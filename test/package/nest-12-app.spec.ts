import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { count, forJest, NewApp, STARTED } from './support/new-app.js';

describe('An app of Nest 12, in ES modules, as its CLI makes it', () => {
  let app: NewApp;

  beforeAll(async () => {
    app = await NewApp.create('nest-12', 12);
    for (const file of ['src/app.config.ts', 'src/app.module.ts', 'src/llm.service.ts', 'config/app.yaml']) {
      await app.document(file);
    }
  }, 600_000);

  afterAll(() => app?.remove());

  it('is green in its own vitest, without a word of configuration', async () => {
    await app.document('src/llm.service.spec.ts');
    await app.document('src/app.spec.ts');
    expect(await app.run('npm', 'test')).toMatch(/Tests +2 passed/);
  }, 300_000);

  it('is green in jest with the configuration of the documentation', async () => {
    await app.document('src/llm.service.spec.ts', forJest);
    await app.document('src/app.spec.ts', forJest);
    await app.document('jest.config.js');
    const output = await app.run('node', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js');
    expect(output).toContain('Tests:       2 passed, 2 total');
  }, 300_000);

  it.each(['tsc', 'swc', 'rspack'])(
    'is built by %s, and follows its file',
    async (builder) => {
      await app.run('nest', 'build', '--builder', builder);
      const output = await app.followsItsFile('node', 'dist/main');
      expect(output).not.toContain('ERROR');
    },
    300_000,
  );

  it('follows its file under `nest start --watch`, and is not restarted by it', async () => {
    const output = await app.followsItsFile('nest', 'start', '--watch');
    expect(count(output, STARTED)).toBe(1);
  }, 300_000);
});
