import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);

/** The files of a small project: each of these breaks one rule, each of `allowed` comes close to it. */
const forbidden: [rule: string, file: string, text: string][] = [
  [
    'nest-only-at-the-edge',
    'lib/reload/reloader.ts',
    `import { Logger } from '@nestjs/common'; new Logger();`,
  ],
  [
    'nest-only-at-the-edge',
    'lib/sources/typed.ts',
    `import type { A } from '@nestjs/config'; export type B = A;`,
  ],
  ['nest-only-at-the-edge', 'lib/changes/dispatch.ts', `export { Logger } from '@nestjs/common';`],
  ['nest-only-at-the-edge', 'lib/pinning/context.ts', `export { Logger } from '@nestjs/common';`],
  ['folders-in-order', 'lib/util/early.ts', `export * from '../history/clean.js';`],
  ['folders-in-order', 'lib/sources/content/typed.ts', `export type * from '../contract/clean.js';`],
  ['folders-in-order', 'lib/runtime/whole.ts', `export * from '../metrics/gauge.js';`],
  ['every-folder-has-its-place', 'lib/loose.ts', `export * from './history/clean.js';`],
  ['every-folder-has-its-place', 'lib/elsewhere/new.ts', `export * from '../history/clean.js';`],
  ['only-nestjs-config', 'lib/runtime/log.ts', `export { Logger } from '@nestjs/common';`],
  ['only-nestjs-config', 'lib/compat/nestjs-config/log.ts', `export { Logger } from '@nestjs/common';`],
  [
    'control-is-loaded-on-demand',
    'lib/module/open.ts',
    `import '../control/channel.js'; void import('../control/lazy.js');`,
  ],
  ['no-circular', 'lib/snapshot/egg.ts', `import type { hen } from './hen.js'; export let egg: typeof hen;`],
  ['lib-stands-alone', 'lib/history/store.ts', `export * from '../../test/helper.js';`],
  ['lib-imports-what-users-have', 'lib/watch/tool.ts', `import 'dev-tool';`],
  ['everything-declared', 'lib/watch/stray.ts', `import 'undeclared';`],
  ['everything-resolves', 'lib/watch/missing.ts', `import './nowhere.js';`],
  ['sample-app-is-a-user', 'sample-app/src/main.ts', `import '../../lib/history/clean.js';`],
  ['sample-app-is-a-user', 'sample-app/src/status.ts', `import '../../lib/metrics/gauge.js';`],
];
const allowed: [file: string, text: string][] = [
  ['lib/module/app.ts', `export { Logger } from '@nestjs/common'; import './pinning/clean.js';`],
  ['lib/module/pinning/clean.ts', `export { Logger } from '@nestjs/common';`],
  ['lib/compat/nestjs-config/clean.ts', `export { ConfigService } from '@nestjs/config';`],
  ['lib/compat/nestjs-config/module/clean.ts', `export { Logger } from '@nestjs/common';`],
  ['lib/runtime/clean.ts', `export { ConfigService } from '@nestjs/config';`],
  ['lib/sources/contract/clean.ts', `export * from '../content/clean.js';`],
  ['lib/sources/content/clean.ts', `export const content = 1;`],
  ['lib/metrics/gauge.ts', `export { Logger } from '@nestjs/common'; import '../history/clean.js';`],
  ['lib/control/channel.ts', `export const channel = 1;`],
  ['lib/control/lazy.ts', `export const lazy = 1;`],
  ['lib/history/clean.ts', `import { join } from 'node:path'; import 'runtime'; join('a');`],
  ['lib/metrics/index.ts', `export * from './gauge.js';`],
  ['sample-app/src/metrics.ts', `import '../../lib/metrics/index.js';`],
  ['test/helper.ts', `import 'dev-tool'; import '../lib/history/clean.js';`],
];

describe('The dependency rules', () => {
  let project: string;
  let violations: { rule: string; from: string }[];

  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'dependency-rule-'));
    await write('package.json', {
      type: 'module',
      peerDependencies: { '@nestjs/common': '*', '@nestjs/config': '*' },
      dependencies: { runtime: '*' },
      devDependencies: { '@nestjs/common': '*', '@nestjs/config': '*', 'dev-tool': '*' },
    });
    await write('tsconfig.json', { compilerOptions: { module: 'NodeNext', target: 'ES2023' } });
    for (const name of ['@nestjs/common', '@nestjs/config', 'runtime', 'dev-tool', 'undeclared']) {
      await write(`node_modules/${name}/package.json`, { name, exports: './index.js' });
      await write(`node_modules/${name}/index.js`, '');
    }
    for (const [file, text] of [...allowed, ...forbidden.map(([, file, text]) => [file, text] as const)]) {
      await write(file, text);
    }
    // The second file of the cycle: the cycle is reported only for the first.
    await write('lib/snapshot/hen.ts', `import { egg } from './egg.js'; export const hen = () => egg;`);
    violations = await cruise();
  });

  afterAll(() => rm(project, { recursive: true, force: true }));

  it.each(forbidden)('%s forbids %s', (rule, file) => {
    expect(violations.filter(({ from }) => from === file)).toContainEqual(expect.objectContaining({ rule }));
  });

  it.each(allowed)('allow %s', (file) => {
    expect(violations.filter(({ from }) => from === file)).toEqual([]);
  });

  it('keeps the folders of one room together, so that no two rooms can import each other', () => {
    const config = createRequire(import.meta.url)('../../.dependency-cruiser.cjs') as {
      forbidden: { name: string; from: { path: string } }[];
    };
    const rooms = config.forbidden
      .filter(({ name }) => name === 'folders-in-order')
      .map(({ from }) => /^\^lib\/([^/]+)\//.exec(from.path)?.[1])
      .filter((room, index, all) => room !== all[index - 1]);
    expect(rooms).toContain('sources');
    expect(new Set(rooms).size).toBe(rooms.length);
  });

  async function write(file: string, content: string | object): Promise<void> {
    const path = join(project, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  }

  async function cruise(): Promise<typeof violations> {
    const cli = resolve('node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
    const args = [
      cli,
      '--config',
      resolve('.dependency-cruiser.cjs'),
      '-T',
      'json',
      'lib',
      'sample-app',
      'test',
    ];
    const { stdout } = await run(process.execPath, args, { cwd: project, maxBuffer: 2 ** 24 });
    const report = JSON.parse(stdout) as {
      summary: { violations: { rule: { name: string }; from: string }[] };
    };
    return report.summary.violations.map(({ rule, from }) => ({ rule: rule.name, from }));
  }
});
