import { ConfigParseError, directory, dotenv, file, registerFormat } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { FormatRegistry } from '../../../lib/formats/format-registry.js';
import { findConflictMarkers } from '../../../lib/sources/content/conflict-markers.js';
import { TempFolder } from '../../support/temp-folder.js';
import { failureOf, load } from '../support/loading.js';

const conflictOf = (one: string, other: string) => `<<<<<<< HEAD\n${one}\n=======\n${other}\n>>>>>>> topic\n`;

/** Texts of each format with an unfinished merge, which begins in line 2. */
const TEXTS: Readonly<Record<string, string>> = {
  'a.env': `X=0\n${conflictOf('A=1', 'A=2')}`,
  'quoted.env': `X="\n${conflictOf('a', 'b')}"\n`,
  'a.txt': `You are\n${conflictOf('kind', 'rude')}`,
  'a.yaml': `x: 0\n${conflictOf('a: 1', 'a: 2')}`,
  'text.yaml': `--- |\n${conflictOf('a', 'b')}`,
  'a.json': `{\n${conflictOf('"a": 1', '"a": 2')}}`,
  'a.json5': `{\n${conflictOf('a: 1', 'a: 2')}}`,
  'a.toml': `x = '''\n${conflictOf('a', 'b')}'''\n`,
  'a.ini': `[x]\n${conflictOf('a=1', 'a=2')}`,
};

const formats = new FormatRegistry().with(registerFormat('.ini', (text) => ({ text })));

describe('An unfinished merge', () => {
  it.each(Object.entries(TEXTS))('is refused in every format, with its place: %s', async (name, text) => {
    const path = new TempFolder().write(name, text);
    const error = await failureOf(file(path, { mount: 'm' }), { formats });
    expect(error).toBeInstanceOf(ConfigParseError);
    const message = 'contains an unfinished merge, from here to line 6; finish the merge, then save';
    expect(error.issues).toEqual([
      { path: 'm', message, origin: { source: path, file: path, line: 2, column: 1 } },
    ]);
  });

  it('is refused in the files of dotenv() and directory()', async () => {
    const folder = new TempFolder();
    const env = folder.write('.env', TEXTS['a.env']!);
    folder.write('a.txt', TEXTS['a.txt']!);
    expect((await failureOf(dotenv(env))).issues).toMatchObject([{ origin: { line: 2 } }]);
    const files = await failureOf(directory(folder.path, { format: 'text' }));
    expect(files.issues).toMatchObject([{ path: "['a.txt']", origin: { line: 2 } }]);
  });

  it.each([
    ['diff3', '<<<<<<< ours\na\n||||||| base\nb\n=======\nc\n>>>>>>> theirs\n'],
    ['Windows lines', 'x\r\n<<<<<<< HEAD\r\na\r\n=======\r\nb\r\n>>>>>>> topic\r\n'],
    ['Subversion', '<<<<<<< .mine\na\n||||||| .r1\n=======\nb\n>>>>>>> .r2'],
    ['Mercurial', '<<<<<<< working copy: 1 - x: y\n=======\nb\n>>>>>>> merge rev: 2'],
    ['longer markers', `${'<'.repeat(11)} HEAD\na\n${'='.repeat(11)}\nb\n${'>'.repeat(11)} topic`],
    ['Jujutsu', '<<<<<<< conflict 1 of 1\n%%%%%%% changes\n-a\n+++++++ b\nb\n>>>>>>> conflict 1 of 1 ends\n'],
    ['no labels', '<<<<<<<\na\n=======\nb\n>>>>>>>\n'],
    ['after an edit block', `${editBlock()}${conflictOf('a', 'b')}`],
  ])('is found: %s', (_name, text) => {
    expect(findConflictMarkers(text).conflict).toBeDefined();
  });

  it.each([
    ['x: |\n', '  '],
    ['- >-\n', '    '],
    ['x: {y: "a\n', ' '],
  ])('is refused in a string of YAML that is indented: %j', async (before, spaces) => {
    const text = before + conflictOf('one', 'other').replace(/^(?=.)/gm, spaces);
    const path = new TempFolder().write('a.yaml', text);
    const error = await failureOf(file(path));
    const message = 'contains an unfinished merge, from here to line 6; finish the merge, then save';
    expect(error.issues).toMatchObject([{ message, origin: { line: 2, column: spaces.length + 1 } }]);
  });

  it.each([
    ['an edit block of a prompt', editBlock()],
    ['two edit blocks', `${editBlock()}${editBlock()}`],
    ['a heading', 'Title\n=======\n'],
    ['markers within lines', 'x <<<<<<< HEAD\n=======\ny >>>>>>> topic\n'],
    ['no separator', '<<<<<<< HEAD\n>>>>>>> topic\n'],
    ['other indentation', '<<<<<<< HEAD\n =======\n  >>>>>>> topic\n'],
  ])('is not seen in an honest string of YAML: %s', async (_name, text) => {
    const path = new TempFolder().write('a.yaml', `x: |\n${text.replace(/^(?=.)/gm, '  ')}`);
    const layer = await load(file(path));
    expect(layer).toMatchObject({ tree: { x: text }, warnings: [] });
  });

  it.each([
    ['a heading', 'Title\n=======\n\ntext\n'],
    ['indented markers', conflictOf('a', 'b').replace(/^/gm, '  ')],
    ['markers within lines', 'x <<<<<<< HEAD\n=======\ny >>>>>>> topic\n'],
    ['an edit block of a prompt', editBlock()],
    ['more than a marker', '<<<<<<<HEAD\n=======\n>>>>>>>topic\n'],
    ['few characters', '<<<<<< HEAD\n=======\n>>>>>> topic\n'],
  ])('is not seen in honest text: %s', (_name, text) => {
    expect(findConflictMarkers(text)).toEqual({});
  });

  it.each([
    ['You are\n<<<<<<< HEAD\nkind\n', 2],
    ['kind\n=======\n>>>>>>> topic\n', 3],
    ['>>>>>>> topic\n=======\n<<<<<<< HEAD\n', 3],
  ])('is suspected if one marker is left over, with a warning: %j', async (text, line) => {
    const layer = await load(file(new TempFolder().write('a.txt', text), { mount: 'm' }));
    expect(layer.tree).toEqual({ m: text.trimEnd() });
    const message = 'this line looks left over from a merge; remove it if it is';
    expect(layer.warnings).toMatchObject([{ message, origin: { line } }]);
  });
});

function editBlock(): string {
  return '<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n';
}
