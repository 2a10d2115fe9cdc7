import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { exitCodeFor } from '../../lib/cli/errors/exit-code.js';
import { CONTROL_ERROR_CODES } from '../../lib/control/protocol.js';

/** The codes for HTTP requests that no command sends. */
const OVER_HTTP: readonly string[] = ['METHOD_NOT_ALLOWED', 'NOT_FOUND'];

/** The names of the library: `npm run api:check` compares them with the code. */
const sections = new Map(
  readFileSync('api/names.txt', 'utf8')
    .split(/^# /m)
    .slice(1)
    .map((section) => section.split('\n'))
    .map(([title = '', ...lines]) => [title, lines.filter((line) => line !== '')] as const),
);

describe('A page for users lists', () => {
  it('all metrics, with their labels and types, and no others', () => {
    const rows = rowsOf('docs/operating.md', 'metric');
    const listed = rows.flatMap(([names = '', type]) => codesIn(names).map((name) => `${name} ${type}`));
    expect(listed.toSorted()).toEqual(namesIn('Metrics, with the default prefix').toSorted());
  });

  it('all problems, and no others', () => {
    const listed = rowsOf('docs/operating.md', 'reason').flatMap(([name = '']) => codesIn(name));
    const problems = namesIn('Problems: kinds in the status and the health check, reasons in the metrics');
    expect(listed.toSorted()).toEqual(problems.toSorted());
  });

  it('all events, and no others', () => {
    const listed = rowsOf('docs/reacting-to-changes.md', 'event').flatMap(([names = '']) => codesIn(names));
    expect(new Set(listed)).toEqual(new Set(namesIn('Events of EventEmitter2')));
  });

  it('all exit codes, and no others but that of a signal', () => {
    const listed = rowsOf('docs/cli.md', 'exit code').map(([code]) => code);
    const exitCodes = namesIn('Exit codes of the command').map((line) => line.split(' ')[0]);
    expect(listed).toEqual([...exitCodes, '130']);
  });

  it('all codes of errors of the command and the channel, and no others', () => {
    const listed = rowsOf('docs/cli.md', 'exit code').flatMap(([, , codes = '']) => codesIn(codes));
    const own = listed.filter((code) => !code.startsWith('CONFIG_'));
    expect(new Set([...own, ...OVER_HTTP])).toEqual(
      new Set([
        ...namesIn('Codes of errors of the command, with --json'),
        ...namesIn('Codes of errors of the control channel'),
      ]),
    );
  });

  it('each code of the channel in the row of its exit code', () => {
    const rows = rowsOf('docs/cli.md', 'exit code');
    const wrong = CONTROL_ERROR_CODES.filter((code) => !OVER_HTTP.includes(code)).filter(
      (code) =>
        !rows.some(
          ([exitCode, , codes = '']) =>
            Number(exitCode) === exitCodeFor(code) && codesIn(codes).includes(code),
        ),
    );
    expect(wrong).toEqual([]);
  });

  it('all codes of HotConfigError, and no others', () => {
    const listed = rowsOf('docs/troubleshooting.md', 'code').flatMap(([code = '']) => codesIn(code));
    const [, union = ''] = /type HotConfigErrorCode = (.*);/.exec(readFileSync('api/index.api.md', 'utf8'))!;
    const codes = [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code);
    expect(new Set(listed)).toEqual(new Set(codes));
  });

  it('all file formats, with their extensions', () => {
    const listed = rowsOf('docs/sources.md', 'format').flatMap(([name, extensions = '']) =>
      codesIn(extensions).map((extension) => `${extension} ${name}`),
    );
    expect(listed.filter((line) => !line.startsWith('.env.*'))).toEqual(
      namesIn('File formats, with their extensions'),
    );
  });

  it('all commands and their options', () => {
    const page = readFileSync('docs/cli.md', 'utf8');
    const lines = namesIn('Commands, with arguments and options');
    const commands = lines.flatMap((line) => /^hot-config (\S+)/.exec(line)?.[1] ?? []);
    const options = lines.flatMap((line) => /^ .*(--[\w-]+)/.exec(line)?.[1] ?? []);
    const ofShells = ['complete', '--word']; // what a completion script calls
    const isListed = (name: string) =>
      new RegExp(name.startsWith('-') ? `${name}(?![\\w-])` : `(?:\`|hot-config )${name}(?![\\w-])`).test(
        page,
      );
    const names = [...commands, ...new Set(options)].filter((name) => !ofShells.includes(name));
    expect(names.length).toBeGreaterThan(30);
    expect(names.filter((name) => !isListed(name))).toEqual([]);
  });

  it('all environment variables', () => {
    const pages = ['docs/cli.md', 'docs/options.md'].map((page) => readFileSync(page, 'utf8')).join('\n');
    expect(namesIn('Environment variables').filter((name) => !pages.includes(name))).toEqual([]);
  });
});

function namesIn(section: string): readonly string[] {
  const names = sections.get(section) ?? [];
  expect(names, section).not.toEqual([]);
  return names;
}

/** Returns the cells of the rows of the first table of a page whose first column has this header. */
function rowsOf(page: string, header: string): string[][] {
  const [, rows = ''] =
    new RegExp(`^\\| ${header} +\\|.*\\n\\|[ :|-]*\\n((?:\\|.*\\n)+)`, 'm').exec(
      readFileSync(page, 'utf8'),
    ) ?? [];
  expect(rows, `${page}: a table of ${header}`).not.toBe('');
  return rows
    .trimEnd()
    .split('\n')
    .map((row) => row.split('|').slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim()));
}

/** Returns what is written as code. */
function codesIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}
