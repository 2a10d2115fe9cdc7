import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forJest, NewApp, withoutExtensions } from './support/new-app.js';

/** Imports what the library of the monorepo has from there. */
function fromLibrary(text: string): string {
  return withoutExtensions(text).replaceAll(/'\.\/(app\.config|llm\.service)'/g, "'@app/llm'");
}

describe('A monorepo of Nest 11, with an app and a library', () => {
  let app: NewApp;

  beforeAll(async () => {
    app = await NewApp.create('monorepo', 11);
    for (const file of ['app.config', 'llm.service']) {
      await app.document(`src/${file}.ts`, withoutExtensions, `libs/llm/src/${file}.ts`);
    }
    await app.document('src/app.module.ts', fromLibrary, 'apps/gateway/src/app.module.ts');
    const spec = 'src/llm.service.spec.ts';
    await app.document(spec, (text) => forJest(withoutExtensions(text)), 'libs/llm/src/llm.service.spec.ts');
    await app.document(
      'src/app.spec.ts',
      (text) => forJest(fromLibrary(text)),
      'apps/gateway/src/app.spec.ts',
    );
    await app.document('config/app.yaml');
  }, 600_000);

  afterAll(() => app?.remove());

  it('is green in its own jest, in the app and in the library', async () => {
    expect(await app.run('npm', 'test')).toContain('Tests:       2 passed, 2 total');
  }, 300_000);

  it('is built as one file by webpack, and follows a file at its root', async () => {
    await app.run('nest', 'build', 'gateway');
    const output = await app.followsItsFile('node', 'dist/apps/gateway/main');
    expect(output).not.toContain('ERROR');
  }, 300_000);
});
