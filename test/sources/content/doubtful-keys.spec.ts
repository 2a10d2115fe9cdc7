import { directory, file } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { HotConfigRuntime } from '../../../lib/runtime/hot-config.runtime.js';
import { TempFolder } from '../../support/temp-folder.js';
import { failureOf, load } from '../support/loading.js';

const warningsOf = async (name: string, text: string, mount?: string) => {
  const source = file(new TempFolder().write(name, text), mount === undefined ? {} : { mount });
  const { tree, warnings = [] } = await load(source);
  return { tree, warnings };
};

describe('A key that is another one than it looks', () => {
  it.each([
    ['a.yaml', 'llm:\n  \u00a0model: x\n'],
    ['a.json', '{"llm":\n  {"\u00a0model": 1}}'],
    ['a.json5', '{llm:\n  {"\u00a0model": 1}}'],
    ['a.toml', '[llm]\n  "\u00a0model" = 1\n'],
  ])('has a warning with its place, if it has an invisible character: %s', async (name, text) => {
    const { tree, warnings } = await warningsOf(name, text, 'm');
    expect(Object.keys((tree['m'] as { llm: object }).llm)).toEqual(['\u00a0model']);
    const message =
      "m.llm['<U+00A0>model'] has U+00A0 (no-break space) in its last key, so it is another key than it looks; type the key again";
    expect(warnings).toMatchObject([{ path: "m.llm['\u00a0model']", message, origin: { line: 2 } }]);
  });

  it('has a warning, if a key beside it differs in its Unicode normal form only', async () => {
    const { warnings } = await warningsOf('a.yaml', 'caf\u00e9: 1\nx: { cafe\u0301: 1 }\ncafe\u0301: 2\n');
    expect(warnings).toMatchObject([{ path: 'cafe\u0301', origin: { line: 3 } }]);
    expect(warnings[0]?.message).toContain('looks the same as another key beside it');
  });

  it('is not seen in usual keys, nor in values', async () => {
    const text = 'café: "a\u00a0b"\n"👩‍💻": 1\n"日本語": { "می\u200cخواهم": [1] }\n';
    expect((await warningsOf('a.yaml', text)).warnings).toEqual([]);
  });

  it('is shown in the log', async () => {
    const lines: string[] = [];
    const write = (line: string) => void lines.push(line);
    const source = file(new TempFolder().write('a.yaml', 'mo\u200bdel: x\n'));
    const runtime = new HotConfigRuntime(
      { sources: [source], enabled: false },
      { log: write, warn: write, error: write },
    );
    await runtime.boot();
    await runtime.stop();
    expect(lines.join('\n')).toContain('mo<U+200B>del has U+200B (zero-width space) in its last key');
  });

  it('has a warning, if it is the name of a file in a directory', async () => {
    const folder = new TempFolder();
    folder.write('\u00a0gpt.yaml', 'a: 1');
    const { warnings } = await load(directory(folder.path));
    expect(warnings?.[0]?.message).toContain('has U+00A0 (no-break space) in its name');
  });
});

describe('A file that does not exist', () => {
  const looksTheSame =
    'does not exist, but a file beside it has a name that looks the same, but has other Unicode characters (NFD, the path has NFC)';

  it('is reported with the file beside it whose name differs in its Unicode normal form only', async () => {
    const folder = new TempFolder();
    folder.write('cafe\u0301.yaml', 'a: 1');
    const { issues } = await failureOf(file(folder.file('caf\u00e9.yaml')));
    expect(issues[0]?.message).toContain(looksTheSame);
    const optional = await load(file(folder.file('caf\u00e9.yaml'), { optional: true }));
    expect(optional.tree).toEqual({});
    expect(optional.warnings?.[0]?.message).toContain(looksTheSame);
  });

  it('is reported as usual without such a file', async () => {
    const { issues } = await failureOf(file(new TempFolder().file('caf\u00e9.yaml')));
    expect(issues[0]?.message).toBe(
      'does not exist; create it, correct its path, or make the source optional',
    );
  });
});
