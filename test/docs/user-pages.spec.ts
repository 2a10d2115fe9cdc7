import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isKnownCommand } from './commands.js';
import { complaintsAboutCommands, complaintsAboutYaml } from './complaints.js';
import type { Fence } from './fences.js';
import { complaintsAboutFlowchart } from './flowchart.js';
import { brokenLinks } from './links.js';
import { userPages } from './user-pages.js';

describe.each(userPages)('$path', ({ path, text, fences }) => {
  it('has no code that nothing tests', () => {
    expect(fences.flatMap(complaintsAbout)).toEqual([]);
  });

  it('begins with a summary if it is long', () => {
    const words = text.split(/\s+/).length;
    // The text up to its first heading, or the section "In short".
    const [start = '', first = ''] = text.split(/^## /m);
    const summary = first.startsWith('In short') ? first : start;
    const links = summary.match(/\]\(#/g) ?? [];
    expect(words <= 1500 || links.length >= 4, `${words} words, ${links.length} links`).toBe(true);
  });

  it('links to what exists', () => {
    expect(brokenLinks(path, text)).toEqual([]);
  });
});

it.each([...userPages.map(({ path }) => path), 'CHANGELOG.md'])('%s has no unfinished merge', (path) => {
  // Prettier escapes and spaces out the markers of a merge that is committed.
  const markers = /^\s*(?:<{7}|\\?={7}$|>{7}|(?:> ){6})/m;
  expect(readFileSync(path, 'utf8')).not.toMatch(markers);
});

it('docs/options.md lists every option of the module', () => {
  const declared = ['lib/runtime/module-options.interface.ts', 'lib/watch/watch-options.ts'].flatMap((file) =>
    optionsIn(readFileSync(file, 'utf8')),
  );
  const page = readFileSync('docs/options.md', 'utf8');
  expect(declared).toContain('settleTimeout');
  expect(declared.filter((option) => !page.includes(`\`${option}\``))).toEqual([]);
});

describe('The messages on the page about troubleshooting', () => {
  const page = readFileSync('docs/troubleshooting.md', 'utf8');
  const messages = messagesIn(page);
  const code = readdirSync('lib', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => joinedTexts(readFileSync(`lib/${file}`, 'utf8')))
    .join('\n');

  it.each(messages)('%s is a text of the library', (message) => {
    const fixed = message
      .split(/…|\d+|smol-toml|[":;()]/) // what differs, and where the code may begin another text
      .map((part) => part.trim())
      .filter((part) => part.length > 2);
    expect(fixed.filter((part) => !code.includes(part))).toEqual([]);
    expect(fixed.join('').length).toBeGreaterThan(12);
  });
});

/** The first cells of the tables whose first column is headed "message". */
function messagesIn(page: string): string[] {
  const tables = [...page.matchAll(/^\| message .*\n.*\n((?:\|.*\n)+)/gm)];
  return tables.flatMap(([, rows = '']) =>
    [...rows.matchAll(/^\| `([^`]+)`/gm)].map(([, text = '']) => text),
  );
}

/** A source in which a text that is written in several pieces is one. */
function joinedTexts(source: string): string {
  return source.replace(/['`]\s*\+\s*['`]/g, '');
}

/** The members of the first interface of a file: those of the options. */
function optionsIn(source: string): string[] {
  const [body = ''] = /^export interface \w+Options[\s\S]*?^}/m.exec(source) ?? [];
  return [...body.matchAll(/^ {2}readonly (\w+)\?:/gm)].map(([, name = '']) => name);
}

/** What is wrong with a block, beyond what compiling and running its page shows. */
function complaintsAbout(fence: Fence): string[] {
  const { place, language, file, text } = fence;
  switch (language) {
    case 'ts': // compiled and run
    case 'text': // looked for in the log
    case 'console': // typed while the app of the page is up
      return [];
    case 'yaml':
    case 'json': // YAML is more than JSON
      return complaintsAboutYaml(fence);
    case 'sh':
      return complaintsAboutCommands(fence, isKnownCommand);
    case 'mermaid':
      return complaintsAboutFlowchart(text).map((complaint) => `${place}: ${complaint}`);
    default: // a file in a format of the app's own is read by the page that has it
      return file === undefined ? [`${place}: nothing tests "${language}"`] : [];
  }
}
