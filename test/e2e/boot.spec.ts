import { mkdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ChildApp } from '../support/child-app.js';
import { TempFolder } from '../support/temp-folder.js';

async function start(yaml: string, env: Record<string, string> = {}) {
  const folder = new TempFolder();
  mkdirSync(folder.file('config'));
  folder.write('config/app.yaml', yaml);
  const app = await ChildApp.run('boot', folder.path, env);
  return { code: await app.ended, lines: app.lines };
}

describe('An app that is started', () => {
  it('runs on valid configuration', async () => {
    expect(await start('llm:\n  model: large\n')).toEqual({ code: 0, lines: ['started'] });
  });

  it('does not start on an invalid value, and prints only where it is', async () => {
    const { code, lines } = await start('llm:\n  model: large\n  temperature: 7\n');
    expect(code).toBe(1);
    expect(lines).toEqual([
      'ERROR [ExceptionHandler] Configuration rejected at validate, the app cannot start:',
      '  config/app.yaml:3:16  llm.temperature must not be greater than 2 (was 7)',
    ]);
  });

  it('does not start on malformed text, and prints only where it is', async () => {
    const { code, lines } = await start('llm:\n  model: [large\n');
    expect(code).toBe(1);
    expect(lines[0]).toBe(
      'ERROR [ExceptionHandler] Configuration rejected at collect, the app cannot start:',
    );
    expect(lines.slice(1)).toEqual([expect.stringMatching(/^ {2}config\/app\.yaml:\d+:\d+ {2}\S/)]);
  });

  it('prints the stack of the app’s code that threw below its message, which is printed once', async () => {
    const { code, lines } = await start('llm: {}\n', { SCHEMA_THROWS: '1' });
    expect(code).toBe(1);
    expect(lines.slice(0, 2)).toEqual([
      'ERROR [ExceptionHandler] Configuration rejected at validate, the app cannot start:',
      '  the schema could not check the configuration: not today',
    ]);
    expect(lines[2]).toContain('at new AppConfig');
  });

  it('does not start with an invalid pattern, and prints which class has it', async () => {
    const { code, lines } = await start('llm: {}\n', { PATTERN: 'llm..model' });
    expect(code).toBe(1);
    expect(lines.join('\n')).toContain('LlmService.onLlmChange is not a valid change handler: ');
    expect(lines.join('\n')).toContain('llm..model');
    expect(lines.join('\n')).not.toMatch(/^\s+at /m);
  });

  it('runs on the last good version if that is enabled, and logs it, whatever the files contain', async () => {
    const history = new TempFolder().file('history');
    const env = { HISTORY: history };
    await start('llm:\n  temperature: 2\n', env);
    const { code, lines } = await start('llm:\n  temperature: 7\n', env);
    expect(code).toBe(0);
    expect(lines).toEqual([
      'started',
      expect.stringMatching(
        /^ERROR \[HotConfig\] Configuration rejected at validate, starting with the last good version 1 of /,
      ),
      '  config/app.yaml:2:16  llm.temperature must not be greater than 2 (was 7)',
      '  It is in force as version 2 until the content of the sources is valid.',
    ]);
  });

  it('does not start without a good version, and prints that too', async () => {
    const { code, lines } = await start('llm: [\n', { HISTORY: new TempFolder().file('history') });
    expect(code).toBe(1);
    expect(lines[0]).toBe(
      'ERROR [ExceptionHandler] Configuration rejected at collect, the app cannot start:',
    );
    expect(lines.at(-1)).toBe('There is no earlier version to start with.');
  });
});
