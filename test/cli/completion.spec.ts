import 'reflect-metadata';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cli } from '../support/cli.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';

/** Returns the values of the candidates for the last word of `line`, or `:files`. */
async function completed(line: string): Promise<string[]> {
  return (await candidateLines(line)).map((candidate) => candidate.split('\t')[0]!);
}

async function candidateLines(line: string): Promise<string[]> {
  const words = line.split(' ');
  const current = words.pop()!;
  const { code, stdout, stderr } = await cli(['complete', `--word=${current}`, '--', ...words]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout.split('\n').slice(0, -1);
}

/** Starts an app; returns the option by which the command finds it. */
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
    ['a command after help', 'help se', ['set']],
    ['no second command', 'status sta', []],
    ['an option of a command', 'set llm.model small --st', ['--string']],
    ['a global option', 'set --js', ['--json']],
    ['an option of hot-config itself', '--vers', ['--version']],
    ['no option of another command', 'get --st', []],
    ['a value of an option with choices', 'validate app.yaml --unknown-keys r', ['reject']],
    ['the same after an equals sign', 'validate app.yaml --unknown-keys=r', ['--unknown-keys=reject']],
    ['a shell', 'completion ', ['bash', 'zsh', 'fish']],
    ['files for an argument that is a file', 'validate app.yaml ', [':files']],
    ['files for an argument that is a folder', 'init ', [':files']],
    ['files for an option that takes a file', 'get --token-file ', [':files']],
    ['nothing for an argument that may be anything', 'set llm.model ', []],
    ['nothing for the value of an option that may be anything', 'set llm.model --reason ', []],
    ['nothing after the last argument', 'explain llm.model ', []],
    ['nothing for an unknown option', 'get --nothing=', []],
    ['no option after --', 'set -- --st', []],
    ['nothing after an invalid word', 'get --pid x ll', []],
    ['nothing for an unknown command', 'sett ll', []],
  ])('offers %s', async (_what, line, candidates) => {
    expect(await completed(line)).toEqual(candidates);
  });

  it('describes each command', async () => {
    expect(await candidateLines('hist')).toEqual(['history\tlist the kept versions, the newest first']);
  });

  it('prints no error if no app responds', async () => {
    const at = `--socket-dir ${new TempFolder().path}`;
    expect(await completed(`get ${at} ll`)).toEqual([]);
    expect(await completed(`${at} --app `)).toEqual([]);
  });
});

describe('Completion with a running app', () => {
  it('offers its paths with their redacted values', async () => {
    const { at } = await running();
    expect(await candidateLines(`get ${at} llm`)).toEqual([
      'llm',
      'llm.model\tsmall',
      expect.stringMatching(/^llm\.api_key\t.*hidden/),
    ]);
    expect(await completed(`${at} set lim`)).toEqual(['limit']);
    expect(await completed(`explain ${at} modules[npc`)).toEqual(["modules['npc.dialogue']"]);
    expect(await completed(`explain ${at} modules['npc`)).toEqual(["modules['npc.dialogue']"]);
  });

  it('offers at most 1000 paths', async () => {
    const socketDir = new TempFolder().file('run');
    const tree = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`key_${index}`, index]));
    await startApp(tree, {}, { control: { enabled: true, socketDir }, enabled: false });
    expect(await completed(`get --socket-dir ${socketDir} `)).toHaveLength(1_000);
  });

  it('does not offer an app that does not respond', async () => {
    const folder = new TempFolder();
    const server = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => server.listen(folder.file('odd-1.sock'), resolve));
    onTestFinished(() => void server.close());
    expect(await completed(`status --socket-dir ${folder.path} --app `)).toEqual([]);
  });

  it('offers only overridden paths to unset', async () => {
    const { at, manager } = await running();
    expect(await completed(`unset ${at} `)).toEqual([]);
    await manager.set('limit', 7, { reason: 'a busy day' });
    expect(await candidateLines(`unset ${at} `)).toEqual(['limit\ta busy day']);
  });

  it('offers its versions', async () => {
    const { at, manager } = await running();
    await manager.set('limit', 7, { reason: 'a busy day' });
    expect(await candidateLines(`rollback ${at} `)).toEqual(['1\tboot', '2\toverride: a busy day']);
    expect(await completed(`diff 1 ${at} `)).toEqual(['1', '2', 'sources']);
  });

  it('offers its name and its process id', async () => {
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

  it('refuses another shell', async () => {
    expect((await cli(['completion', 'tcsh'])).code).toBe(2);
  });
});
