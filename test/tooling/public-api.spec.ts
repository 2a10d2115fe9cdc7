import { readFileSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';

const LIB = resolve('lib') + sep;

/** The tags in the comments of public symbols; each other name after an @ is that of a decorator. */
const TAGS = new Set([
  'default',
  'deprecated',
  'example',
  'inline',
  'internal',
  'param',
  'publicApi',
  'remarks',
  'returns',
  'see',
  'throws',
  'typeParam',
]);

describe('The public API', () => {
  let program: ts.Program;
  let checker: ts.TypeChecker;
  /** The exports of the package, without those re-exported from other packages. */
  let symbols: ts.Symbol[];

  beforeAll(() => {
    const entries = entryFiles();
    const { config } = ts.readConfigFile('tsconfig.json', (path) => readFileSync(path, 'utf8')) as {
      config: { compilerOptions: object };
    };
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, '.');
    program = ts.createProgram(entries, options);
    checker = program.getTypeChecker();
    symbols = entries
      .flatMap((entry) =>
        checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry)!)!),
      )
      .map((symbol) =>
        (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : checker.getAliasedSymbol(symbol),
      )
      .filter((symbol) => symbol.declarations?.some((declared) => isOurs(declared)));
  }, 120_000);

  it('documents each exported symbol and marks it with @publicApi', () => {
    const isDocumented = (symbol: ts.Symbol) =>
      symbol.getDocumentationComment(checker).length > 0 &&
      symbol.getJsDocTags(checker).some(({ name }) => name === 'publicApi');
    expect(symbols.length).toBeGreaterThan(100);
    expect(symbols.filter((symbol) => !isDocumented(symbol)).map(({ name }) => name)).toEqual([]);
  });

  it('marks nothing else with @publicApi', () => {
    const exported = new Set(symbols.flatMap(({ declarations }) => declarations ?? []).map(statementOf));
    const marked = program
      .getSourceFiles()
      .filter((file) => isOurs(file))
      .flatMap((file) => [...file.statements])
      .filter((statement) => ts.getJSDocTags(statement).some(({ tagName }) => tagName.text === 'publicApi'));
    expect(marked.length).toBeGreaterThan(100);
    expect(marked.filter((statement) => !exported.has(statement)).map(firstLineOf)).toEqual([]);
  });

  it('is what TypeDoc documents', () => {
    const { config } = ts.readConfigFile('typedoc.json', (path) => readFileSync(path, 'utf8')) as {
      config: { entryPoints: string[] };
    };
    expect(config.entryPoints.map((entry) => resolve(entry))).toEqual(entryFiles());
  });

  // TypeScript takes an @ after white space for a tag, even in a fence, and an editor then shows half an example.
  it('has no example that a decorator cuts in two in an editor', () => {
    const documented = symbols.flatMap((symbol) => [
      symbol,
      ...(symbol.members?.values() ?? []),
      ...(symbol.exports?.values() ?? []),
    ]);
    const tags = documented.flatMap((symbol) =>
      symbol.getJsDocTags(checker).map((tag) => ({ symbol: symbol.name, ...tag })),
    );
    expect(tags.filter(({ name }) => name === 'example').length).toBeGreaterThan(10);
    expect(
      tags.filter(({ name }) => !TAGS.has(name)).map(({ symbol, name }) => `${symbol}: @${name}`),
    ).toEqual([]);
    const texts = [
      ...documented.map((symbol) => ({ name: symbol.name, text: symbol.getDocumentationComment(checker) })),
      ...tags.map(({ symbol, text }) => ({ name: symbol, text: text ?? [] })),
    ];
    const isCut = (text: string) => text.split('```').length % 2 === 0;
    expect(texts.filter(({ text }) => isCut(ts.displayPartsToString(text))).map(({ name }) => name)).toEqual(
      [],
    );
  });

  it('documents each option', () => {
    const options = symbols.filter(({ name }) => name.endsWith('Options'));
    const undocumented = options.flatMap((symbol) =>
      [...(symbol.members?.values() ?? [])]
        .filter((member) => (member.flags & ts.SymbolFlags.TypeParameter) === 0)
        .filter((member) => member.getDocumentationComment(checker).length === 0)
        .map((member) => `${symbol.name}.${member.name}`),
    );
    expect(options.length).toBeGreaterThan(10);
    expect(undocumented).toEqual([]);
  });
});

/** Returns the source files of the `exports` in package.json. */
function entryFiles(): string[] {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    exports: Record<string, string | { import: { default: string } }>;
  };
  return Object.values(exports)
    .filter((target) => typeof target !== 'string')
    .map((target) => target.import.default)
    .map((target) => resolve(target.replace('./dist/', 'lib/').replace(/\.js$/, '.ts')));
}

/** Returns the statement of a module that holds a declaration: for a constant, the whole `const`. */
function statementOf(declaration: ts.Node): ts.Node {
  return ts.isSourceFile(declaration.parent) ? declaration : statementOf(declaration.parent);
}

function firstLineOf(statement: ts.Node): string {
  return statement.getText().split('\n', 1)[0]!;
}

function isOurs(declaration: ts.Node): boolean {
  return resolve(declaration.getSourceFile().fileName).startsWith(LIB);
}
