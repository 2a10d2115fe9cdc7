import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { APP_FOLDER } from '../support/package-under-test.js';

const run = promisify(execFile);
const PICTURE = 'docs/images/hot-config.svg';

describe('The picture of the README', () => {
  const picture = readFileSync(PICTURE, 'utf8');

  it('shows what the quick start prints with the published package', async () => {
    const { stdout } = await run(process.execPath, ['scripts/docs-picture.mjs', APP_FOLDER]);
    expect(stdout).toBe(picture);
  });

  it('can be shown in an <img>: it is small, and needs no script, font or file besides itself', () => {
    expect(Buffer.byteLength(picture)).toBeLessThan(60_000);
    expect(picture).not.toMatch(/<script|<foreignObject|@import|@font-face|url\(|href=/);
  });

  it('shows everything where animations do not run, except what a save has replaced', () => {
    const [, style = ''] = /<style>([\s\S]*)<\/style>/.exec(picture) ?? [];
    const rules = style.replaceAll(/@keyframes.*$/gm, '').match(/[^{}\n]+\{[^{}]*\}/g) ?? [];
    expect(rules.filter((rule) => rule.includes('opacity')).map((rule) => rule.trim())).toEqual([
      '.gone { opacity: 0; }',
    ]);
  });
});
