import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import LongestFirstSequencer from './test/support/longest-first.sequencer.js';

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
    // They use the package as an app does, in processes of their own, and run with the published one: `npm run
    // test:package`.
    exclude: [
      'test/package/**',
      'test/docs/running-*.spec.ts',
      'test/sample-app/**',
      'test/e2e/hot-config-command.spec.ts',
    ],
    globalSetup: './scripts/parser-worker.mjs',
    // Processes, not threads: specs send signals, change the environment and count open handles.
    pool: 'forks',
    // Many specs wait for other processes most of the time: one core less than there are, as by default, would be idle.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    sequence: { sequencer: LongestFirstSequencer },
    // What only a broken program needs, on a machine that has much else to do.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', './test/support/summary.reporter.ts'],
    coverage: {
      provider: 'v8',
      include: ['lib/**/*.ts'],
      // The code of a thread, which coverage does not see. What it returns is compared with what the app's own thread would.
      exclude: ['lib/**/*.worker.ts'],
      reporter: ['text', 'lcov'],
      thresholds: { lines: 95, branches: 95 },
    },
  },
});
