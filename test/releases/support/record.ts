import 'reflect-metadata';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { APP_NAME, HISTORY_KEY, startRecordedApp } from './recorded-app.js';
import { recordTranscript, STEPS } from './transcript.js';

// Records the installed package into the folder RECORDING: its answers, and its versions with and without a key. Started by
// `npm run compat:record` in the folder of an app.

const recording = process.env['RECORDING']!; // set by scripts/record-release.mjs
writeFileSync('package.json', JSON.stringify({ name: APP_NAME, type: 'module' }));
mkdirSync(recording, { recursive: true });
for (const [name, key] of [
  ['history', undefined],
  ['history-with-key', HISTORY_KEY],
] as const) {
  rmSync('history', { recursive: true, force: true });
  const app = await startRecordedApp(key);
  const transcript = await recordTranscript(join('run', `${APP_NAME}-${process.pid}.sock`), STEPS);
  await app.close();
  writeFileSync(join(recording, 'control.json'), `${JSON.stringify(transcript, undefined, 1)}\n`);
  cpSync('history', join(recording, name), { recursive: true });
}
