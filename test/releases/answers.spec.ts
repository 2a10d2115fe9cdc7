import 'reflect-metadata';
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { TempFolder } from '../support/temp-folder.js';
import { breakingChanges } from './support/breaking-changes.js';
import { APP_NAME, startRecordedApp } from './support/recorded-app.js';
import { RECORDINGS } from './support/recordings.js';
import { recordTranscript, type Transcript } from './support/transcript.js';

/** Members that were removed on purpose, by the release that had them last, with the reason. */
const REMOVED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'before-0.1': {
    'hello.proof was a string, and is missing':
      'a client cannot prove its user, so its name is called unverified',
  },
};

/** Takes the recorded steps with an app of this release. */
async function answersNow({ steps }: Transcript): Promise<Transcript> {
  const before = process.cwd();
  const folder = new TempFolder();
  process.chdir(folder.path);
  onTestFinished(() => process.chdir(before));
  writeFileSync('package.json', JSON.stringify({ name: APP_NAME }));
  mkdirSync('run', { mode: 0o700 });
  const app = await startRecordedApp(undefined);
  onTestFinished(() => app.close());
  return recordTranscript(`run/${APP_NAME}-${process.pid}.sock`, steps);
}

describe('An app of this release', () => {
  it.each(RECORDINGS)(
    'answers the requests that $name has answered, with all members and no other names',
    async ({ name, transcript }) => {
      const now = await answersNow(transcript);
      const changes = [
        ...breakingChanges(transcript.hello, now.hello, 'hello'),
        ...breakingChanges(transcript.events, now.events, 'watch'),
        ...transcript.steps.flatMap((step, index) =>
          'write' in step
            ? []
            : breakingChanges(
                step,
                now.steps[index],
                `${index}: ${step.method} ${JSON.stringify(step.params)}`,
              ),
        ),
      ];
      const reasons = REMOVED[name] ?? {};
      expect(
        changes.filter((change) => reasons[change] === undefined),
        'These are breaking changes for clients of the control channel and for readers of --json: see docs/upgrading.md.',
      ).toEqual([]);
      expect(changes).toEqual(expect.arrayContaining(Object.keys(reasons)));
    },
  );
});
