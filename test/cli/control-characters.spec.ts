import 'reflect-metadata';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cli } from '../support/cli.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';

/** One character of each kind that can move a cursor, colour, hide, reverse or forge. */
const POISON = [
  ['C0', '\u0007'],
  ['escape', '\u001b[2J'],
  ['carriage return', '\r'],
  ['DEL', '\u007f'],
  ['C1', '\u009b31m'],
  ['Arabic mark', '\u061c'],
  ['zero width', '\u200b'],
  ['direction mark', '\u200f'],
  ['line separator', '\u2028'],
  ['override', '\u202e'],
  ['isolate', '\u2067'],
  ['byte order mark', '\ufeff'],
  ['lone surrogate', '\ud800'],
  ['tag', '\u{e0041}'],
] as const;

const DANGEROUS = new RegExp(
  String.raw`[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufffd\u{e0000}-\u{e0fff}]`,
  'u',
);

/** The styles of the command itself. */
const STYLES = new RegExp(String.raw`\u001b\[(?:[12]|22|3[1-6]|39|90)m`, 'g');

const COMMANDS = [
  ['get'],
  ['get', 'text'],
  ['explain', 'text'],
  ['plan'],
  ['history'],
  ['status'],
  ['apps'],
  ['diff', '1', '2'],
  ['reload'],
  ['set', 'text', 'x'],
  ['doctor'],
  ['schema'],
  ['complete', '--', 'get'],
  ['complete', '--', 'rollback'],
  ['complete', '--', '--app'],
] as const;

/** Runs all commands in a pipe, as JSON and on a terminal; returns what was printed. */
async function everyOutput(socketDir: string): Promise<string> {
  let printed = '';
  for (const args of COMMANDS)
    for (const [more, terminal] of [
      [[], false],
      [['--json'], false],
      [['--json'], true],
      [[], true],
    ] as const) {
      const { stdout, stderr } = await cli(
        ['--socket-dir', socketDir, '--timeout', '5s', ...args.slice(0, 1), ...more, ...args.slice(1)],
        { terminal },
      );
      printed += stdout + stderr;
    }
  return printed.replaceAll(STYLES, '');
}

describe('What hot-config prints', () => {
  it('has no control characters of values, keys, reasons and sources, in any form', async () => {
    const poison = POISON.map(([, text]) => text).join('');
    const socketDir = new TempFolder().file('run');
    const { manager, source } = await startApp(
      { text: 'old', [`key${poison}`]: 1 },
      {},
      { control: { enabled: true, name: `app${poison}`, socketDir }, enabled: false },
    );
    source.set({ text: `canary${poison}`, [`key${poison}`]: `v${poison}` } as never);
    await manager.reload({ reason: `why${poison}`, actor: `who${poison}` });
    await manager.set(`new`, `value${poison}`, { reason: `set${poison}` });
    const printed = await everyOutput(socketDir);
    expect(DANGEROUS.exec(printed)).toBeNull();
    expect(printed).toContain('canary');
  });

  it('has nothing of a hostile app as it is, and none of its line breaks', async () => {
    const poison = `${POISON.map(([, text]) => text).join('')}\nFORGED`;
    const socketDir = new TempFolder().path;
    const app = {
      name: `n${poison}`,
      id: 'odd-1',
      pid: 1,
      cwd: `/${poison}`,
      startedAt: poison,
      node: poison,
      version: poison,
    };
    const change = { kind: 'added', path: poison, current: poison };
    const result = {
      app,
      version: poison,
      cause: `cause${poison}`,
      since: poison,
      hash: poison,
      outcome: 'applied',
      stage: poison,
      path: poison,
      value: [poison],
      source: poison,
      time: poison,
      durationMs: 1,
      changes: [change],
      issues: [],
      vetoes: [poison],
      handlers: [poison],
      components: [poison],
      restart: [poison],
      readAtStart: [],
      shadowed: [],
      reloads: { applied: 1, unchanged: 1, rejected: 1 },
      pins: { total: 0 },
      refreshables: { built: 0 },
      sources: [{ name: poison, health: poison, since: poison, detail: poison, revision: poison }],
      watchedFiles: [poison],
      pollingFiles: [poison],
      problems: [{ kind: poison, message: poison }],
      overrides: [{ path: poison, since: poison, actor: poison, reason: poison }],
      pendingRestart: [poison],
      missedEvents: 0,
      watching: true,
      from: poison,
      to: poison,
      entries: [change],
      lastError: { time: poison, message: poison },
    };
    const history = [
      {
        version: poison,
        time: poison,
        cause: poison,
        sources: [poison],
        actor: poison,
        reason: poison,
        stats: {},
      },
    ];
    const answer = (socket: Socket) => {
      const send = (message: object) => void socket.write(`${JSON.stringify(message)}\n`);
      send({ hello: { protocol: 1, app } });
      createInterface({ input: socket }).on('line', (line) => {
        const { id, method } = JSON.parse(line) as { id: number; method: string };
        send({ id, result: method === 'history' ? history : result });
      });
      socket.on('error', () => undefined);
    };
    const server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(`${socketDir}/odd-1.sock`, resolve));
    onTestFinished(() => void server.close());

    const printed = await everyOutput(socketDir);

    expect(DANGEROUS.exec(printed)).toBeNull();
    expect(printed).not.toMatch(/^FORGED/m);
    expect(printed).toContain('cause');
  });

  it.each(POISON)('is the same JSON value, with %s escaped', async (_what, text) => {
    const socketDir = new TempFolder().file('run');
    await startApp(
      { text: `a${text}b` },
      {},
      { control: { enabled: true, name: 'app', socketDir }, enabled: false },
    );
    const { stdout } = await cli(['--socket-dir', socketDir, 'get', 'text', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ value: `a${text}b` });
    expect(stdout).not.toMatch(DANGEROUS);
    const piped = (await cli(['--socket-dir', socketDir, 'get', 'text'])).stdout;
    expect(piped).toMatch(/^a\\u[0-9a-f]{4}.*b\n$/);
  });

  it('keeps line breaks, tabs, spaces, emoji and letters of a value in a pipe', async () => {
    const text = 'a\n\tb\u00a0c 👨‍👩‍👧 ❤️ नमस्ते می‌خواهم é';
    const socketDir = new TempFolder().file('run');
    await startApp({ text }, {}, { control: { enabled: true, name: 'app', socketDir }, enabled: false });
    expect((await cli(['--socket-dir', socketDir, 'get', 'text'])).stdout).toBe(`${text}\n`);
  });

  it('has no control characters of its own arguments', async () => {
    const { stderr, stdout } = await cli(['get', '--nope\u009b2J\u202e']);
    expect(stdout + stderr).not.toMatch(DANGEROUS);
  });
});
