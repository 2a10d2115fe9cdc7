import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path/posix';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/** What each app loads. A package that is added here makes the start of every app slower. */
const PACKAGES: readonly string[] = [
  // Peers that every app of Nest has loaded.
  '@nestjs/common',
  '@nestjs/config',
  '@nestjs/core',
  'reflect-metadata',
  'rxjs',
  // One small file each.
  'dotenv',
  'leven',
  'ms',
  // Most apps have a file of YAML.
  'js-yaml',
];

describe('An import of nestjs-hot-config', () => {
  const loaded = loadedBy('lib/index.ts');

  it('loads only packages that most apps need; class-validator, chokidar and others are loaded when they are used', () => {
    const imports = [...loaded.values()].flat().filter((id) => !id.startsWith('.'));
    const names = imports.map((id) => /^(@[^/]+\/)?[^/]+/.exec(id)![0]); // no import is empty
    const packages = new Set(names.filter((name) => !isBuiltIn(name)));
    expect([...packages].toSorted()).toEqual(PACKAGES.toSorted());
  });

  it('does not load the parts that are not the core', () => {
    const folders = new Set([...loaded.keys()].map((file) => file.split('/')[1]));
    for (const part of ['control', 'cli', 'metrics', 'health', 'testing'])
      expect(folders).not.toContain(part);
  });
});

describe('The check of what is loaded', () => {
  it('counts imports and exports of values, not of types, and not import()', () => {
    expect(importsOf("import { a } from './a.js'; a();")).toEqual(['./a.js']);
    expect(importsOf("export * from 'x'; import 'y'; export { z } from 'z';")).toEqual(['x', 'y', 'z']);
    expect(
      importsOf("import type { A } from 'x'; import { B } from 'y'; export const b: A | B = 1;"),
    ).toEqual([]);
    expect(importsOf("export const load = () => import('x');")).toEqual([]);
  });
});

/** Returns the files of the library that Node loads with a file, before any code of it is called, and what each imports. */
function loadedBy(file: string): ReadonlyMap<string, readonly string[]> {
  const loaded = new Map<string, readonly string[]>();
  const files = new Set([file]);
  // The set grows while it is read.
  for (const each of files) {
    const imports = importsOf(readFileSync(each, 'utf8'));
    loaded.set(each, imports);
    for (const id of imports.filter((id) => id.startsWith('.')))
      files.add(join(dirname(each), id.replace(/\.js$/, '.ts')));
  }
  return loaded;
}

/** Returns what a file imports, as it is published: the compiler leaves types out. */
function importsOf(text: string): string[] {
  const compilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
  };
  const { outputText } = ts.transpileModule(text, { compilerOptions });
  const { statements } = ts.createSourceFile('file.js', outputText, ts.ScriptTarget.Latest);
  return statements
    .filter((statement) => ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement))
    .flatMap(({ moduleSpecifier }) =>
      moduleSpecifier && ts.isStringLiteral(moduleSpecifier) ? [moduleSpecifier.text] : [],
    );
}

function isBuiltIn(name: string): boolean {
  return name.startsWith('node:') || builtinModules.includes(name);
}
