import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { isKnownCommand } from './commands.js';
import { contributorPages } from './contributor-pages.js';
import { type Fence, fencesOf } from './fences.js';
import { brokenLinks } from './links.js';
import { filesOf, pageOf } from './page.js';
import { Workspace } from './workspace.js';

const README = 'README.md';
const pages = [README, ...readdirSync('docs').map((name) => `docs/${name}`)]
  .filter((name) => name.endsWith('.md'))
  .filter((name) => !contributorPages.includes(name));
const texts = new Map(pages.map((page) => [page, readFileSync(page, 'utf8')]));
const fences = new Map(pages.map((page) => [page, fencesOf(page, texts.get(page)!)]));
/** The quick start of the README: what all other pages build on. */
const quickStart = filesOf(fences.get(README)!);

describe('The documentation', () => {
  const apps = new Map(pages.map((page) => [page, pageOf(page, fences.get(page)!, quickStart)]));
  let workspace: Workspace;
  let complaints: string;

  beforeAll(async () => {
    workspace = await Workspace.create();
    for (const app of apps.values()) await workspace.add(app);
    complaints = await workspace.compile();
  }, 120_000);

  afterAll(() => workspace?.remove());

  it('compiles, strictly', () => {
    expect(complaints).toBe('');
  });

  it('lists every option of the module', () => {
    const declared = ['lib/runtime/module-options.interface.ts', 'lib/watch/watch-options.ts'].flatMap(
      (file) => optionsIn(readFileSync(file, 'utf8')),
    );
    const told = texts.get(README)!;
    expect(declared).toContain('settleTimeout');
    expect(declared.filter((option) => !told.includes(`\`${option}\``))).toEqual([]);
  });

  describe.each(pages)('%s', (page) => {
    it('runs, and does what it says', async () => {
      expect(await workspace.run(apps.get(page)!.name)).toContain('successfully started');
    });

    it('has no code that nothing tests', () => {
      expect(fences.get(page)!.flatMap(complaintsAbout)).toEqual([]);
    });

    it('links to what exists', () => {
      expect(brokenLinks(page, texts.get(page)!)).toEqual([]);
    });
  });
});

/** The members of the first interface of a file: those of the options. */
function optionsIn(source: string): string[] {
  const [body = ''] = /^export interface \w+Options[\s\S]*?^}/m.exec(source) ?? [];
  return [...body.matchAll(/^ {2}(\w+)\?:/gm)].map(([, name = '']) => name);
}

/** What is wrong with a block, beyond what compiling and running its page shows. */
function complaintsAbout({ place, language, text, file }: Fence): string[] {
  switch (language) {
    case 'ts': // compiled and run
    case 'text': // looked for in the log
    case 'console': // typed while the app of the page is up
      return [];
    case 'yaml':
    case 'json': // YAML is more than JSON
      return parseAllDocuments(text).flatMap(({ errors }) =>
        errors.map((error) => `${place}: ${error.message}`),
      );
    case 'sh':
      return text
        .trim()
        .split(/\n|&&/)
        .filter((command) => !isKnownCommand(command))
        .map((command) => `${place}: nothing tests "${command}"`);
    default: // a file in a format of the app's own is read by the page that has it
      return file === undefined ? [`${place}: nothing tests "${language}"`] : [];
  }
}
