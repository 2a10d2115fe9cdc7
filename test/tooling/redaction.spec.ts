import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path/posix';
import { describe, expect, it } from 'vitest';

/** Files in which outputs may be marked as redacted without the policy. */
const MAKERS = 'lib/secrets/';

/** The one place that creates the logger of the app. */
const LOGGER = 'lib/module/boot.ts';

const files = readdirSync('lib', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => join('lib', file));

const linesOf = (pattern: RegExp) =>
  files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => !/^\s*(\*|\/\/)/.test(line) && pattern.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );

describe('Output of this library', () => {
  it('is marked as redacted by the secret policy only', () => {
    const marked = linesOf(/\bas (unknown as )?Redacted/);
    expect(marked.length).toBeGreaterThan(0);
    expect(marked.filter((line) => !line.startsWith(MAKERS))).toEqual([]);
  });

  it('is logged by one logger, which is wrapped where it is created', () => {
    const created = linesOf(/\bnew (Console)?Logger\b|\bLogger\.(log|warn|error|verbose|debug|fatal)\(/);
    expect(created.map((line) => line.slice(0, line.indexOf(':')))).toEqual([LOGGER]);
    expect(linesOf(/\bnew SafeLogger\(/)).toHaveLength(1);
    expect(linesOf(/\bconsole\.(log|warn|error|info|debug)\(/)).toEqual([]);
  });
});
