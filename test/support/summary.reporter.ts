import { stripVTControlCharacters } from 'node:util';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';
import { missingPrograms } from './programs.js';

/**
 * Ends the output with what a person or a script looks for: the failed tests by name, the programs whose tests were
 * skipped, and one plain closing line, `412 passed, 0 failed, 3 skipped`.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    const failures: string[] = [];
    for (const module of modules) {
      const before = failures.length;
      for (const test of module.children.allTests()) {
        const result = test.result();
        count[result.state] += 1;
        if (result.state === 'failed') failures.push(describeFailure(module, test.fullName, result.errors));
      }
      // A file that could not be loaded, or whose hook threw, has failed although none of its tests has.
      if (module.state() === 'failed' && failures.length === before) {
        count.failed += 1;
        failures.push(describeFailure(module, 'the file or a hook', module.errors()));
      }
    }
    count.failed += unhandledErrors.length;
    for (const error of unhandledErrors) failures.push(`outside of the tests: ${firstLine(error)}`);

    console.log('');
    for (const failure of failures) console.log(`FAILED ${failure}`);
    // In CI, the tests of a missing program fail, and their errors name it.
    const missing = process.env['CI'] ? undefined : missingPrograms();
    if (missing !== undefined && count.skipped > 0)
      console.log(`Skipped the tests that need programs which are not installed: ${missing}`);
    console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped + count.pending} skipped`);
  }
}

function describeFailure(module: TestModule, name: string, errors: readonly SerializedError[]): string {
  return `${module.relativeModuleId} > ${name}: ${errors.map(firstLine).join('; ')}`;
}

function firstLine({ message }: SerializedError): string {
  return stripVTControlCharacters(message).split('\n')[0]!;
}
