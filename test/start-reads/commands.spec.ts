import { stripVTControlCharacters } from 'node:util';
import { Injectable } from '@nestjs/common';
import { HotConfigService } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { cli } from '../support/cli.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';

@Injectable()
class Mailer {
  constructor(config: HotConfigService) {
    config.get('mail.host');
  }
}

const READ = 'mail.host, read at start by Mailer (test/start-reads/commands.spec.ts)';

/** Starts an app with a mailer; returns functions that run the command in a pipe and on a terminal. */
async function operated() {
  const socketDir = new TempFolder().file('run');
  const control = { enabled: true, name: 'shop', socketDir };
  const app = await startApp(
    { mail: { host: 'old', port: 25 } },
    { providers: [Mailer] },
    { control, enabled: false },
  );
  const run = (...args: string[]) => cli(['--socket-dir', socketDir, ...args]);
  const piped = async (...args: string[]) => (await run(...args)).stdout;
  const typed = async (...args: string[]) =>
    stripVTControlCharacters((await cli(['--socket-dir', socketDir, ...args], { terminal: true })).stdout);
  return { ...app, run, piped, typed };
}

describe('A value that was read at start', () => {
  it('is shown by `hot-config status` after it has changed', async () => {
    const { change, piped } = await operated();
    expect(await piped('status')).not.toContain('Old values');
    await change({ mail: { host: 'new', port: 25 } });
    expect(await piped('status')).toContain(`Old values\t${READ}\n`);
    expect(JSON.parse(await piped('status', '--json'))).toMatchObject({
      readAtStart: [{ path: 'mail.host', by: 'Mailer' }],
      problems: [],
    });
  });

  it('is shown by `hot-config explain`, with each reader', async () => {
    const { piped } = await operated();
    expect(await piped('explain', 'mail.host')).toContain(`At start\t${READ}\n`);
    expect(await piped('explain', 'mail.port')).not.toContain('At start');
  });

  it('is shown by `hot-config plan` before it changes', async () => {
    const { source, run, piped, typed } = await operated();
    source.set({ mail: { host: 'new', port: 25 } });
    expect(await typed('plan')).toContain(`Old values  ${READ}\n`);
    const inPipe = await run('plan');
    expect(inPipe.stderr).toBe(`Old values: ${READ}\n`);
    expect(inPipe.stdout).toBe('~\tmail.host\told\tnew\n');
    expect(JSON.parse(await piped('plan', '--json'))).toMatchObject({
      readAtStart: [{ path: 'mail.host', by: 'Mailer' }],
    });
  });
});
