import { ConfigValidationError, HotConfigError } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { runtimeOf } from '../reload/support/runtime.js';
import { MemorySource } from '../support/memory.source.js';
import { safeLogger } from '../support/safe-logger.js';

const POISON = [
  '\u0007',
  '\u001b[2J',
  '\r',
  '\u007f',
  '\u009b31m',
  '\u061c',
  '\u200b',
  '\u200f',
  '\u2028',
  '\u202e',
  '\u2067',
  '\ufeff',
  '\u{e0041}',
];
const DANGEROUS = new RegExp(
  String.raw`[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e0fff}]`,
  'u',
);

describe('A log line', () => {
  it.each(POISON.map((text) => [JSON.stringify(text), text]))(
    'does not contain %s as it is',
    (_what, text) => {
      const log: string[] = [];
      const logger = safeLogger((line) => void log.push(line));
      logger.log(`a${text}b`);
      logger.warn(`a${text}b`);
      logger.error(`a${text}b`);
      expect(log).toHaveLength(3);
      for (const line of log) expect(line).not.toMatch(DANGEROUS);
    },
  );

  it('begins at the margin only once, so that a message cannot forge another entry', () => {
    const log: string[] = [];
    const logger = safeLogger((line) => void log.push(line));
    logger.error('failed: a\n[Nest] 1 LOG forged\r\nagain\n  indented');
    expect(log).toEqual(['failed: a\n  [Nest] 1 LOG forged\n  again\n  indented']);
  });

  it('has no control characters of a source, a reason, a validator or a path', async () => {
    const poison = POISON.join('');
    const source = new MemorySource({ n: 1 }, `source${poison}`);
    const refuse = (tree: object) => ('bad' in tree ? [`refused${poison}\nforged`] : []);
    const { runtime, log } = runtimeOf({ sources: [source], validators: [refuse] });
    await runtime.boot();
    source.set({ n: 2, [`key${poison}`]: `v${poison}` });
    await runtime.manager.reload({ reason: `why${poison}\nforged`, actor: `who${poison}` });
    source.set({ n: 3, bad: true });
    await runtime.manager.reload();
    source.set(new Error(`gone${poison}\nforged`));
    await runtime.manager.reload();
    await runtime.stop();
    expect(log.length).toBeGreaterThanOrEqual(3);
    for (const line of log) {
      expect(line).not.toMatch(DANGEROUS);
      expect(line).not.toMatch(/^forged/m);
    }
  });
});

describe('The message of an error', () => {
  it('has no control characters, in its summary and its issues', () => {
    const poison = POISON.join('');
    const issue = { path: `p${poison}`, message: `m${poison}`, origin: { source: `s${poison}` } };
    for (const error of [
      new HotConfigError(`summary${poison}`, 'CONFIG_UNEXPECTED', undefined, [issue]),
      new ConfigValidationError(`summary${poison}`, [issue]),
    ]) {
      expect(error.message).not.toMatch(DANGEROUS);
      expect(String(error.stack)).not.toMatch(DANGEROUS);
    }
  });
});
