import { relative, sep } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The folders whose specs start apps, databases and other processes, those that take longest first. */
const LONG = [
  'docs',
  'secrets',
  'sample-app',
  'fault',
  'e2e',
  'ops',
  'tooling',
  'property',
  'watch',
  'types',
  'admin',
  'reload',
];

/**
 * Begins with what takes long, so that no core waits at the end while another works off the longest file. Vitest
 * remembers how long each file took, but a fresh clone has no such memory; there it would begin with the largest files.
 */
export default class LongestFirstSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const [folder = ''] = relative('test', moduleId).split(sep);
      return LONG.includes(folder) ? LONG.indexOf(folder) : LONG.length;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
