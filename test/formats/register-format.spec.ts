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
        if (value === undefined) throw new Error(`a line is no assignment\n${line}`);
        return [key, value];
      }),
  );

describe('registerFormat', () => {
  useWorkspace();

  it('makes a format of one function', async () => {
    write('legacy.ini', 'level=log\nport=80\n');
    const formats = new FormatRegistry().with(registerFormat('.ini', parseIni));
    expect((await load(file('legacy.ini'), { formats })).tree).toEqual({ level: 'log', port: '80' });
    expect((await load(file('legacy.ini', { format: 'ini' }), { formats })).tree).toEqual({
      level: 'log',
      port: '80',
    });
  });

  it('takes several extensions, and parsers that answer later', async () => {
    write('a.conf', 'x');
    const format = registerFormat(['conf', '.CFG'], async (text) => ({ said: text }));
    const formats = new FormatRegistry().with(format);
    expect((await load(file('a.conf'), { formats })).tree).toEqual({ said: 'x' });
    expect(formats.byFile('b.cfg')).toBe(format);
  });

  it('tells the first line of what a parser throws, in place of the rest, which may quote secrets', async () => {
    write('legacy.ini', 'hunter2');
    const formats = new FormatRegistry().with(registerFormat('ini', parseIni));
    const { issues } = await failureOf(file('legacy.ini'), { formats });
    expect(issues).toMatchObject([{ message: 'a line is no assignment', origin: { file: 'legacy.ini' } }]);
  });

  it('refuses an extension that is none', () => {
    expect(() => registerFormat('.', parseIni)).toThrow('registerFormat() needs an extension');
    expect(() => registerFormat([], parseIni)).toThrow('registerFormat() needs an extension');
  });
});
