import { describe, expect, it } from 'vitest';
import { file, registerFormat } from 'nestjs-hot-config';
import { FormatRegistry } from '../../lib/formats/format-registry.js';
import { failureOf, load } from '../sources/support/loading.js';
import { useWorkspace, write } from '../sources/support/workspace.js';

const parseIni = (text: string) =>
  Object.fromEntries(
    text
      .trim()
      .split('\n')
      .map((line) => {
        const [key, value] = line.split('=');
        if (value === undefined) throw new Error(`a line is not an assignment\n${line}`);
        return [key, value];
      }),
  );

describe('registerFormat', () => {
  useWorkspace();

  it('creates a format from one function', async () => {
    write('legacy.ini', 'level=log\nport=80\n');
    const formats = new FormatRegistry().with(registerFormat('.ini', parseIni));
    expect((await load(file('legacy.ini'), { formats })).tree).toEqual({ level: 'log', port: '80' });
    expect((await load(file('legacy.ini', { format: 'ini' }), { formats })).tree).toEqual({
      level: 'log',
      port: '80',
    });
  });

  it('accepts several extensions, and asynchronous parsers', async () => {
    write('a.conf', 'x');
    const format = registerFormat(['conf', '.CFG'], async (text) => ({ said: text }));
    const formats = new FormatRegistry().with(format);
    expect((await load(file('a.conf'), { formats })).tree).toEqual({ said: 'x' });
    expect(formats.byFile('b.cfg')).toBe(format);
  });

  it('reports only the first line of the error of a parser, because the rest may quote secrets', async () => {
    write('legacy.ini', 'hunter2');
    const formats = new FormatRegistry().with(registerFormat('ini', parseIni));
    const { issues } = await failureOf(file('legacy.ini'), { formats });
    expect(issues).toMatchObject([
      { message: 'a line is not an assignment', origin: { file: 'legacy.ini' } },
    ]);
  });

  it('rejects an empty extension', () => {
    expect(() => registerFormat('.', parseIni)).toThrow('registerFormat() needs an extension');
    expect(() => registerFormat([], parseIni)).toThrow('registerFormat() needs an extension');
  });
});
