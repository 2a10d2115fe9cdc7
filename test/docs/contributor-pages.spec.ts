import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path/posix';
import { describe, expect, it } from 'vitest';
import { isKnownToContributors } from './commands.js';
import { complaintsAboutCommands, complaintsAboutYaml } from './complaints.js';
import { contributorPages, missingPaths } from './contributor-pages.js';
import { type Fence, fencesOf } from './fences.js';
import { complaintsAboutFlowchart, pathsIn } from './flowchart.js';
import { brokenLinks } from './links.js';

const ARCHITECTURE = 'docs/architecture.md';

describe.each(contributorPages)('%s', (page) => {
  const text = readFileSync(page, 'utf8');

  it('names files that exist', () => {
    expect(missingPaths(text)).toEqual([]);
  });

  it('links to what exists', () => {
    expect(brokenLinks(page, text)).toEqual([]);
  });

  it('has no code that nothing tests', () => {
    expect(fencesOf(page, text).flatMap(complaintsAbout)).toEqual([]);
  });

  it('is not in the package', () => {
    const { files } = JSON.parse(readFileSync('package.json', 'utf8')) as { files: string[] };
    const included = files.filter((entry) => isWithin(page, entry));
    const excluded = files.filter(
      (entry) => isWithin(page, entry.replace(/^!/, '')) && entry.startsWith('!'),
    );
    expect(included.length === 0 || excluded.length > 0).toBe(true);
  });
});

describe('The page about the architecture', () => {
  const text = readFileSync(ARCHITECTURE, 'utf8');

  it('shows every folder of lib', () => {
    const shown = fencesOf(ARCHITECTURE, text)
      .filter(({ language }) => language === 'mermaid')
      .flatMap((fence) => pathsIn(fence.text));
    const folders = readdirSync('lib', { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => `lib/${name}`).filter((folder) => !shown.includes(folder))).toEqual([]);
  });

  it('defines every invariant that a comment cites', () => {
    const [, section = ''] = /^## Invariants$([\s\S]*?)^## /m.exec(text) ?? [];
    const defined = [...section.matchAll(/^(\d+)\. /gm)].map(([, number]) => Number(number));
    const cited = ['lib', 'test'].flatMap((folder) => sourcesIn(folder).flatMap(invariantsIn));
    expect(cited.length).toBeGreaterThan(5);
    expect(defined).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
    expect(cited.filter((number) => !defined.includes(number))).toEqual([]);
  });
});

describe('A flowchart', () => {
  it('is accepted if it consists of boxes, arrows between them and files that exist', () => {
    const flowchart = 'flowchart TB\n  subgraph all["All"]\n    a["lib/model"]\n  end\n  a -- "of" --> all\n';
    expect(complaintsAboutFlowchart(flowchart)).toEqual([]);
    expect(pathsIn(flowchart)).toEqual(['lib/model']);
  });

  it.each([
    ['graph', '"graph" is not the first line of a flowchart'],
    ['flowchart TB\na["A"]\na --> b', 'no box is named b'],
    ['flowchart TB\na["lib/nowhere"]', 'lib/nowhere does not exist'],
    ['flowchart TB\na[A', '"a[A" is neither a box nor an arrow'],
    ['flowchart TB\nsubgraph a["A"]', '1 subgraphs have 0 ends'],
  ])('is refused if it is wrong: %j', (flowchart, complaint) => {
    expect(complaintsAboutFlowchart(flowchart)).toEqual([complaint]);
  });
});

describe('A path in backticks', () => {
  it('must exist; of one with a placeholder, the folder', () => {
    const text =
      '`lib/index.ts` `lib/gone.ts` `lib/<name>/x.ts` `lib/gone/<name>.ts` `lib/*.ts` `npm run lib`';
    expect(missingPaths(text)).toEqual(['lib/gone.ts', 'lib/gone/<name>.ts']);
  });
});

/** Returns what is wrong with a block of a page that makes no app. */
function complaintsAbout(fence: Fence): string[] {
  const { place, language, text } = fence;
  switch (language) {
    case 'mermaid':
      return complaintsAboutFlowchart(text).map((complaint) => `${place}: ${complaint}`);
    case 'yaml':
    case 'json':
      return complaintsAboutYaml(fence);
    case 'sh':
      return complaintsAboutCommands(fence, isKnownToContributors);
    case 'text': // shown, and never typed
      return [];
    default: // code is compiled on the pages of users only
      return [`${place}: nothing tests "${language}"`];
  }
}

/** `true` if an entry of `files` in package.json names the page, or a folder above it. */
function isWithin(page: string, entry: string): boolean {
  return page === entry || page.startsWith(`${entry}/`);
}

function sourcesIn(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.ts')).map((file) => join(folder, file));
}

function invariantsIn(file: string): number[] {
  return [...readFileSync(file, 'utf8').matchAll(/\binvariant (\d+)/g)].map(([, number]) => Number(number));
}
