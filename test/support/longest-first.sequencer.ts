import { relative, sep } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders whose specs start apps, databases and other processes, the longest first. */
const LONG = [
  'docs',
  'package',
  'secrets',
  'sample-app',
  'fault',
  'e2e',
  'ops',
  'tooling',
  'property',
  'watch',
  'types',
  'control',
  'cli',
  'reload',
];

/**
 * Starts with the specs that take longest, so that no core is idle at the end while another runs the longest file. Vitest
 * stores the duration of each file, but a fresh clone has no such data and would start with the largest files.
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
