import 'reflect-metadata';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cli } from '../support/cli.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';

/** What a shell is told that `line` may become: the values, or `:files`. */
async function completed(line: string): Promise<string[]> {
  return (await answered(line)).map((candidate) => candidate.split('\t')[0]!);
}

async function answered(line: string): Promise<string[]> {
  const words = line.split(' ');
  const current = words.pop()!;
  const { code, stdout, stderr } = await cli(['complete', `--word=${current}`, '--', ...words]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.split('\n').slice(0, -1);
}

/** An app that runs, and the option with which it is found. */
async function running() {
  const socketDir = new TempFolder().file('run');
  const { manager } = await startApp(
    { limit: 5, llm: { model: 'small', api_key: 'sk-1234' }, modules: { 'npc.dialogue': true } },
    {},
    { control: { enabled: true, name: 'gateway', socketDir }, enabled: false },
  );
  return { manager, socketDir, at: `--socket-dir ${socketDir}` };
}

describe('Completion without an app', () => {
  it.each([
    ['a command', 'ro', ['rollback']],
    ['a command to be helped with', 'help se', ['set']],
    ['no second command', 'status sta', []],
    ['an option of a command', 'set llm.model small --st', ['--string']],
    ['an option that every command has', 'set --js', ['--json']],
    ['an option of the command line itself', '--vers', ['--version']],
    ['no option of another command', 'get --st', []],
    ['a value that an option has to be one of', 'validate app.yaml --unknown-keys r', ['reject']],
    ['the same in one word', 'validate app.yaml --unknown-keys=r', ['--unknown-keys=reject']],
    ['a shell', 'completion ', ['bash', 'zsh', 'fish']],
    ['files where files are meant', 'validate app.yaml ', [':files']],
    ['a folder', 'init ', [':files']],
    ['a file that an option names', 'get --token-file ', [':files']],
    ['nothing where anything may stand', 'set llm.model ', []],
    ['nothing for the value of an option that may be anything', 'set llm.model --reason ', []],
    ['nothing after the last argument', 'explain llm.model ', []],
    ['nothing for an option that there is not', 'get --nothing=', []],
    ['no option after --', 'set -- --st', []],
    ['nothing where a word makes no sense', 'get --pid x ll', []],
    ['nothing for a command that there is not', 'sett ll', []],
  ])('offers %s', async (_what, line, candidates) => {
    expect(await completed(line)).toEqual(candidates);
  });

  it('says what each command does', async () => {
    expect(await answered('hist')).toEqual(['history\tthe versions that are kept, the newest first']);
  });

  it('is quiet where no app answers', async () => {
    const at = `--socket-dir ${new TempFolder().path}`;
    expect(await completed(`get ${at} ll`)).toEqual([]);
    expect(await completed(`${at} --app `)).toEqual([]);
  });
});

describe('Completion beside an app', () => {
  it('offers its paths, with their values but for secrets', async () => {
    const { at } = await running();
    expect(await answered(`get ${at} llm`)).toEqual([
      'llm',
      'llm.model\tsmall',
      expect.stringMatching(/^llm\.api_key\t.*hidden/),
    ]);
    expect(await completed(`${at} set lim`)).toEqual(['limit']);
    expect(await completed(`explain ${at} modules[npc`)).toEqual(["modules['npc.dialogue']"]);
    expect(await completed(`explain ${at} modules['npc`)).toEqual(["modules['npc.dialogue']"]);
  });

  it('offers no more of them than somebody reads', async () => {
    const socketDir = new TempFolder().file('run');
    const tree = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`key_${index}`, index]));
    await startApp(tree, {}, { control: { enabled: true, socketDir }, enabled: false });
    expect(await completed(`get --socket-dir ${socketDir} `)).toHaveLength(1_000);
  });

  it('offers no app that does not answer', async () => {
    const folder = new TempFolder();
    const server = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => server.listen(folder.file('odd-1.sock'), resolve));
    onTestFinished(() => void server.close());
    expect(await completed(`status --socket-dir ${folder.path} --app `)).toEqual([]);
  });

  it('offers what is overridden to be taken back, and nothing else', async () => {
    const { at, manager } = await running();
    expect(await completed(`unset ${at} `)).toEqual([]);
    await manager.set('limit', 7, { reason: 'a busy day' });
    expect(await answered(`unset ${at} `)).toEqual(['limit\ta busy day']);
  });

  it('offers its versions', async () => {
    const { at, manager } = await running();
    await manager.set('limit', 7, { reason: 'a busy day' });
    expect(await answered(`rollback ${at} `)).toEqual(['1\tboot', '2\toverride: a busy day']);
    expect(await completed(`diff 1 ${at} `)).toEqual(['1', '2', 'sources']);
  });

  it('offers its name and its process', async () => {
    const { at } = await running();
    expect(await completed(`status ${at} --app `)).toEqual(['gateway']);
    expect(await completed(`status ${at} --app=gate`)).toEqual(['--app=gateway']);
    expect(await completed(`status ${at} --pid `)).toEqual([String(process.pid)]);
  });
});

describe('hot-config completion', () => {
  it.each(['bash', 'zsh', 'fish'])('has a script for %s', async (shell) => {
    const { code, stdout } = await cli(['completion', shell]);
    expect(code).toBe(0);
    expect(stdout).toContain('complete --word=');
  });

  it('knows no other shell', async () => {
    expect((await cli(['completion', 'tcsh'])).code).toBe(2);
  });
});
