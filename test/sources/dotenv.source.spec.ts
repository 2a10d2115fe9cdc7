import { describe, expect, it } from 'vitest';
import { dotenv, type DotenvOptions } from 'nestjs-hot-config';
import { DotenvSource } from '../../lib/sources/dotenv.source.js';
import { makePipe, writeToPipe } from '../support/named-pipe.js';
import { isMissing } from '../support/programs.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';
import { failureOf, load } from './support/loading.js';

const sourceOf = (text: string, options: DotenvOptions = {}, environment: NodeJS.ProcessEnv = {}) =>
  new DotenvSource(new TempFolder().write('.env.test', text), options, environment);
const expand = async (text: string, environment: NodeJS.ProcessEnv = {}) =>
  (await load(sourceOf(text, { expand: true }, environment))).tree;

describe('dotenv', () => {
  it('reads each variable as a string, with the position of its value', async () => {
    const layer = await load(sourceOf('# a comment\nPORT=3000\nexport NAME="x y"\n'));
    expect(layer.tree).toEqual({ PORT: '3000', NAME: 'x y' });
    expect(layer.locate(['PORT'])).toMatchObject({ line: 2, column: 6 });
  });

  it('keeps references unchanged unless `expand` is set', async () => {
    expect((await load(sourceOf('A=1\nB=$A'))).tree).toEqual({ A: '1', B: '$A' });
  });

  it('expands variables of the environment, then of the lines above, then defaults', async () => {
    const text = 'HOST=a.test\nURL=http://${HOST}:$PORT/${PATHS:-none}\nESCAPED=\\$HOST\n';
    const environment = { PORT: '80' };
    expect(await expand(text, environment)).toMatchObject({ URL: 'http://a.test:80/none', ESCAPED: '$HOST' });
    expect(await expand(text, { HOST: 'b.test' })).toMatchObject({
      HOST: 'a.test',
      URL: 'http://b.test:/none',
    });
    expect(environment).toEqual({ PORT: '80' });
  });

  it('inserts values as they are: a $ in the environment or in a line above is not expanded again', async () => {
    expect(await expand("A='\\$A'\nB=x$A\n")).toEqual({ A: '$A', B: 'x$A' });
    const environment = { HC_A: '$HC_B', HC_B: '$HC_A', HC_P: 'a$$b$&{}\\' };
    const text = 'C=x$HC_A\nD=${HC_X:-${HC_P}}$HC_P\nE=\\$C$C\nF=${HC_X:-a$$9}\n';
    expect(await expand(text, environment)).toEqual({
      C: 'x$HC_B',
      D: 'a$$b$&{}\\a$$b$&{}\\',
      E: '$Cx$HC_B',
      F: 'a$$9',
    });
    expect(await expand('A=$HC_X\u{10000}$HC_P\n', { HC_P: '\u{10ffff}$', HC_X: '$' })).toEqual({
      A: '$\u{10000}\u{10ffff}$',
    });
  });

  it('warns about a part that is lost, at its place and without the value', async () => {
    const { warnings } = await load(sourceOf('A=1\nPASSWORD=pa$word\nB=${X:-}$A\n', { expand: true }));
    expect(warnings).toEqual([
      {
        path: 'PASSWORD',
        message: expect.stringMatching(/^PASSWORD has a \$ before a name that neither .* sets/),
        origin: expect.objectContaining({ line: 2, column: 10 }),
      },
    ]);
    expect(warnings![0]!.message).not.toContain('word;');
  });

  it('treats $ like dotenv-expand does', async () => {
    const text = "PASSWORD='5\\$x'\nSAME=$PASSWORD\nPRICE=$5\nCOST=${PRICE} or 3$\nCUT=pa$$word\n";
    expect(await expand(text)).toEqual({
      PASSWORD: '5$x',
      SAME: '5$x',
      PRICE: '$5',
      COST: '$5 or 3$',
      CUT: 'pa$',
    });
  });

  it('rejects references that grow exponentially', async () => {
    const lines = Array.from({ length: 60 }, (_, n) => `A${n + 1}=$A${n}$A${n}`);
    const { issues } = await failureOf(sourceOf(['A0=xxxxxxxx', ...lines].join('\n'), { expand: true }));
    expect(issues[0]?.message).toMatch(/makes the file longer than \d+ bytes/);
  });

  it('may be missing, and is applied when it is created or changed', async () => {
    const folder = new TempFolder();
    const { config } = await startedOn(folder);
    expect(config.value).toEqual({});
    folder.write('.env', 'PORT=1\nURL=x:$PORT');
    await until('the file is read', () => config.get('URL') === 'x:1');
    folder.replace('.env', 'PORT=2\nURL=x:$PORT');
    await until('the file is read again', () => config.get('URL') === 'x:2');
  });

  describe.skipIf(isMissing('mkfifo'))('from a named pipe', () => {
    const message = 'is a named pipe: it is read once, and changes are not followed';

    it('reads it once, with a warning', async () => {
      const path = makePipe(new TempFolder().file('.env'));
      writeToPipe(path, 'echo A=1');
      const source = dotenv(path, { expand: true });
      const first = await load(source, { final: false });
      expect(first.tree).toEqual({ A: '1' });
      expect(first.files).toEqual([]);
      expect(first.warnings).toMatchObject([{ path: '', message, origin: { file: path } }]);
      expect(await load(source, { known: [first] })).toBe(first);
    });

    it('follows a file that takes its place', async () => {
      const folder = new TempFolder();
      const path = makePipe(folder.file('.env'));
      writeToPipe(path, 'echo A=1');
      const source = dotenv(path);
      const first = await load(source);
      folder.replace('.env', 'A=1\n');
      const second = await load(source, { known: [first] });
      expect(second).not.toBe(first);
      expect(second).toMatchObject({ tree: { A: '1' }, warnings: [], files: [{ path }] });
    });

    it('starts an app, which does not wait for it again', async () => {
      const path = makePipe(new TempFolder().file('.env'));
      writeToPipe(path, 'echo A=1');
      const { config, manager } = await startApp({}, {}, { sources: [dotenv(path)] });
      expect(config.get('A')).toBe('1');
      expect(await manager.reload()).toMatchObject({ outcome: 'unchanged' });
      expect(config.get('A')).toBe('1');
    });
  });
});

async function startedOn(folder: TempFolder) {
  const started = await startApp({}, {}, { sources: [dotenv(folder.file('.env'), { expand: true })] });
  await started.app.init();
  return started;
}
