import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const lib = fileURLToPath(new URL('./lib/', import.meta.url));

export default defineConfig({
  // Nest needs the legacy decorators and their metadata; the key is singular, the plural is ignored without a word.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: {
    alias: [
      { find: /^nestjs-hot-config$/, replacement: `${lib}index.ts` },
      { find: /^nestjs-hot-config[/](.+)$/, replacement: `${lib}$1/index.ts` },
    ],
  },
  test: {
    include: ['test/**/*.spec.ts'],
    // Processes, not threads: specs send signals, change the environment and count open handles.
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    reporters: ['default', './test/support/summary.reporter.ts'],
    coverage: {
      provider: 'v8',
      include: ['lib/**/*.ts'],
      reporter: ['text', 'lcov'],
      thresholds: { lines: 95, branches: 95 },
    },
  },
});
