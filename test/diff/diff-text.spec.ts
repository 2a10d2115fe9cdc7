import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { compareVersions } from '../../lib/diff/version-diff.js';
import { secretPolicyWhere } from '../support/secret-policy-where.js';

function compare(from: unknown, to: unknown) {
  return compareVersions(
    { label: 'version 3', tree: from },
    { label: 'version 4', tree: to },
    secretPolicyWhere((segments) => segments.includes('password')),
  );
}

describe('a difference as text', () => {
  const diff = compare(
    {
      log_level: 'log',
      llm: { model: 'small', max_tokens: 100, temperature: '0.7' },
      servers: [
        { name: 'eu-1', port: 80 },
        { name: 'us-1', port: 80 },
      ],
      db: { password: 'canary' },
    },
    {
      log_level: 'debug',
      llm: { model: 'large', temperature: 0.7, fallback: { model: 'tiny' } },
      servers: [
        { name: 'us-1', port: 80 },
        { name: 'eu-1', port: 8080 },
      ],
      db: { password: 'canary-2' },
    },
  );

  it('is grouped by path, aligned, and has the number of differences in its first line', () => {
    expect(diff.toText()).toBe(
      `version 3 → version 4: 1 added, 1 removed, 4 changed, 1 with another type, 1 moved

  ~ log_level  "log" → "debug"

llm
  ~ model        "small" → "large"
  ! temperature  "0.7" → 0.7 (string → number)
  + fallback     {"model":"tiny"}
  - max_tokens   100

servers
  > 0 (name: us-1)  moved from index 1

servers.1 (name: eu-1)
  ~ port  80 → 8080

db
  ~ password  [hidden] (changed)`,
    );
  });

  it('has the same content with colours', () => {
    const coloured = diff.toText({ color: true });

    expect(coloured).toContain('\u001b[33m~ log_level');
    expect(stripVTControlCharacters(coloured)).toBe(diff.toText());
  });

  it('shortens long values around their first difference', () => {
    const text = compare({ a: `${'x'.repeat(500)}one` }, { a: `${'x'.repeat(500)}two` }).toText({
      width: 60,
    });

    expect(text).toContain('~ a  …"xxxxxxxxxxxxone" → …"xxxxxxxxxxxxtwo"');
  });

  it('keeps every line within the width', () => {
    const big = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`key${n}`, 'v'.repeat(n)]));
    const text = compare(
      { b: { big: 1, s: 'x'.repeat(300) } },
      { b: { big, s: 'y'.repeat(300) }, c: big },
    ).toText({
      width: 80,
    });

    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(82);
  });

  it('shows only the differing lines of a string with several lines', () => {
    const lines = Array.from({ length: 40 }, (_, n) => `line ${n}`);
    const text = compare(
      { prompt: lines.join('\n') },
      { prompt: lines.with(20, 'another').join('\n') },
    ).toText();

    expect(text).toBe(
      `version 3 → version 4: 1 changed

  ~ prompt  40 lines → 40 lines
      @ line 20
       line 19
      -line 20
      +another
       line 21`,
    );
  });

  it('is short for long strings that have nothing in common', () => {
    const lines = (word: string) => Array.from({ length: 5_000 }, (_, n) => `${word} ${n}`).join('\n');
    const text = compare({ prompt: lines('a') }, { prompt: lines('b') }).toText();

    expect(text.split('\n').length).toBeLessThan(30);
    expect(text).toContain('5000 lines → 5000 lines');
  });

  it('escapes line breaks and control characters in keys, values and names', () => {
    const evil = 'x\n- fake  1\u001b[2J\u202e\u2028\u009b';
    const text = compare(
      { list: [{ name: evil, [evil]: 1 }], texts: 'a\nb' },
      { list: [{ name: evil, [evil]: 2 }], [evil]: evil, texts: `a\n${evil.replaceAll('\n', '\r')}` },
    ).toText();

    expect(text).not.toMatch(/^- fake/m);
    for (const character of ['\u001b', '\u202e', '\u2028', '\u009b', '\r'])
      expect(text).not.toContain(character);
  });

  it('has one line for each of a thousand changes, grouped by path', () => {
    const tree = (shift: number) =>
      Object.fromEntries(
        Array.from({ length: 20 }, (_, group) => [
          `group${group}`,
          Object.fromEntries(Array.from({ length: 50 }, (_unused, n) => [`key_${n}`, n + shift])),
        ]),
      );
    const lines = compare(tree(0), tree(1)).toText().split('\n');

    expect(lines[0]).toBe('version 3 → version 4: 1000 changed');
    expect(lines.slice(1, 5)).toEqual(['', 'group0', '  ~ key_0   0 → 1', '  ~ key_1   1 → 2']);
    expect(lines).toHaveLength(1 + 20 * (2 + 50));
  });
});
