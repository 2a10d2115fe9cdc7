import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** Prints one plain closing line, `412 passed, 0 failed, 3 skipped`, for scripts that read the outcome. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      const failedBefore = count.failed;
      for (const test of module.children.allTests()) count[test.result().state] += 1;
      // A file that could not be loaded, or whose hook threw, has failed although none of its tests has.
      if (module.state() === 'failed' && count.failed === failedBefore) count.failed += 1;
    }
    console.log(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped + count.pending} skipped`);
  }
}
