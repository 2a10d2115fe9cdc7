import { directory, file, registerFormat, type ConfigFormat } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { FormatRegistry } from '../../lib/formats/format-registry.js';
import { importParser } from '../../lib/util/import-optional.js';
import { failureOf, load } from '../sources/support/loading.js';
import { useWorkspace, write } from '../sources/support/workspace.js';

const missing = 'a-package-that-is-not-there';
const withoutParser = registerFormat('.x', () => importParser('some-parser', () => import(missing)));
const cutOff = registerFormat('.x', () => {
  throw new Error('is cut off');
});

/** The message of a load that is not the last attempt, and if it is worth another attempt. */
async function failedLoad(source: Parameters<typeof failureOf>[0], format: ConfigFormat) {
  const yaml = new FormatRegistry().byName('yaml')!;
  const { issues, transient } = await failureOf(source, {
    final: false,
    formats: new FormatRegistry([yaml, format]),
  });
  return { message: issues[0]!.message, transient };
}

describe('A parser that is not installed', () => {
  useWorkspace();

  it('is reported at once, because waiting does not help; other errors may be a save in progress', async () => {
    write('app.yaml', 'a: { $import: a.x }');
    const sources = [file('a.x'), directory('parts', { extensions: ['.x'] }), file('app.yaml')];
    for (const source of sources) {
      write('a.x', 'text');
      write('parts/a.x', 'text');
      expect(await failedLoad(source, withoutParser)).toEqual({
        message: 'needs the package some-parser, which is not installed; run: npm install some-parser',
        transient: false,
      });
      write('a.x', 'other');
      write('parts/a.x', 'other');
      expect(await failedLoad(source, cutOff)).toEqual({ message: 'is cut off', transient: true });
    }
  });

  it('is looked for again at the next load, even if the file is unchanged', async () => {
    write('a.x', 'text');
    write('parts/a.x', 'text');
    for (const source of [file('a.x', { mount: 'a' }), directory('parts', { extensions: ['.x'] })]) {
      let isInstalled = false;
      const format = registerFormat('.x', (text) =>
        isInstalled ? { text } : importParser('some-parser', () => import(missing)),
      );
      const formats = new FormatRegistry([format]);
      expect((await failureOf(source, { formats })).issues[0]?.message).toMatch('npm install some-parser');
      isInstalled = true;
      expect((await load(source, { formats })).tree).toEqual({ a: { text: 'text' } });
    }
  });
});
