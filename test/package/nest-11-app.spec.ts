import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { count, forJest, NewApp, STARTED, withoutExtensions } from './support/new-app.js';

/** What each kind of import in each setting of the compiler must find, strictly and with the types of other packages. */
const EVERY_ENTRY = `
  import { HotConfigModule, HotConfigService } from 'nestjs-hot-config';
  import { memory, settled } from 'nestjs-hot-config/testing';
  import type * as health from 'nestjs-hot-config/health';
  import type * as metrics from 'nestjs-hot-config/metrics';
  import type * as opentelemetry from 'nestjs-hot-config/metrics/opentelemetry';
  // @ts-expect-error: were the types unresolved, they would be \`any\`, and this would pass.
  export const wrong: number = HotConfigModule;
  export const parts = [HotConfigService, memory, settled];
  export type Entries = [typeof health, typeof metrics, typeof opentelemetry];
`;

describe('An app of Nest 11, in CommonJS, as its CLI makes it', () => {
  let app: NewApp;

  beforeAll(async () => {
    app = await NewApp.create('nest-11', 11);
    for (const file of ['app.config', 'app.module', 'llm.service']) {
      await app.document(`src/${file}.ts`, withoutExtensions);
    }
    await app.document('src/llm.service.spec.ts', (text) => forJest(withoutExtensions(text)));
    await app.document('src/app.spec.ts', (text) => forJest(withoutExtensions(text)));
    await app.document('config/app.yaml');
  }, 600_000);

  afterAll(() => app?.remove());

  it('is green in its own jest, without a word of configuration', async () => {
    expect(await app.run('npm', 'test')).toContain('Tests:       2 passed, 2 total');
  }, 300_000);

  it.each(['tsc', 'swc', 'webpack'])(
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

  it.each([
    ['commonjs', 'node10'],
    ['node16', 'node16'],
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ])(
    'finds the types with module %s and moduleResolution %s',
    async (module, moduleResolution) => {
      await app.write('types.ts', EVERY_ENTRY);
      const options = '--noEmit --strict --skipLibCheck --target es2023 --types node'.split(' ');
      const complaints = await app.run(
        'tsc',
        ...options,
        '--module',
        module,
        '--moduleResolution',
        moduleResolution,
        'types.ts',
      );
      expect(complaints).toBe('');
    },
    120_000,
  );

  it('loads the package once, by require() and by import', async () => {
    await app.write(
      'once.mjs',
      `import { createRequire } from 'node:module';
       import * as imported from 'nestjs-hot-config';
       import { memory } from 'nestjs-hot-config/testing';
       const require = createRequire(import.meta.url);
       console.log(require('nestjs-hot-config').HotConfigModule === imported.HotConfigModule);
       console.log(require('nestjs-hot-config/testing').memory === memory);`,
    );
    expect(await app.run('node', 'once.mjs')).toBe('true\ntrue\n');
  });

  it('does not start with a second version of the package, and says where the two are', async () => {
    await app.run('cp', '-R', 'node_modules/nestjs-hot-config', 'node_modules/second');
    const manifest = 'node_modules/second/package.json';
    await app.run(
      'node',
      '-e',
      `const m = require('./${manifest}'); m.version = '9.9.9'; require('fs').writeFileSync('${manifest}', JSON.stringify(m))`,
    );
    await app.write(
      'two.mjs',
      `import 'reflect-metadata';
       import { HotConfigModule } from 'nestjs-hot-config';
       import 'second';
       await HotConfigModule.forRoot({ files: ['config/app.yaml'] }).catch(({ message }) => console.log(message));`,
    );
    const output = await app.run('node', 'two.mjs');
    expect(output).toContain('nestjs-hot-config is loaded 2 times in this process:');
    expect(output).toMatch(/ {2}0\.\d+\.\d+\S* {2}\S+\/node_modules\/nestjs-hot-config\/dist\//);
    expect(output).toMatch(/ {2}9\.9\.9 {2}\S+\/node_modules\/second\/dist\//);
    expect(output).toContain('npm ls nestjs-hot-config');
  });
});
