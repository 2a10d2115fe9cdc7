import { readFileSync } from 'node:fs';
import { resolve, sep } from 'node:path';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';

const LIB = resolve('lib') + sep;

describe('The public surface', () => {
  let checker: ts.TypeChecker;
  /** What the package exports, but for what it hands on from others. */
  let symbols: ts.Symbol[];

  beforeAll(() => {
    const entries = entryFiles();
    const { config } = ts.readConfigFile('tsconfig.json', (path) => readFileSync(path, 'utf8')) as {
      config: { compilerOptions: object };
    };
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, '.');
    const program = ts.createProgram(entries, options);
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

  it('says of each symbol what it gives, and that it is public', () => {
    const isTold = (symbol: ts.Symbol) =>
      symbol.getDocumentationComment(checker).length > 0 &&
      symbol.getJsDocTags(checker).some(({ name }) => name === 'publicApi');
    expect(symbols.length).toBeGreaterThan(100);
    expect(symbols.filter((symbol) => !isTold(symbol)).map(({ name }) => name)).toEqual([]);
  });

  it('says of each option what it is', () => {
    const options = symbols.filter(({ name }) => name.endsWith('Options'));
    const untold = options.flatMap((symbol) =>
      [...(symbol.members?.values() ?? [])]
        .filter((member) => (member.flags & ts.SymbolFlags.TypeParameter) === 0)
        .filter((member) => member.getDocumentationComment(checker).length === 0)
        .map((member) => `${symbol.name}.${member.name}`),
    );
    expect(options.length).toBeGreaterThan(10);
    expect(untold).toEqual([]);
  });
});

/** The sources of what `exports` in package.json names. */
function entryFiles(): string[] {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    exports: Record<string, string | { default: string }>;
  };
  return Object.values(exports)
    .map((target) => (typeof target === 'string' ? target : target.default))
    .filter((target) => target.endsWith('.js'))
    .map((target) => resolve(target.replace('./dist/', 'lib/').replace(/\.js$/, '.ts')));
}

function isOurs(declaration: ts.Declaration): boolean {
  return resolve(declaration.getSourceFile().fileName).startsWith(LIB);
}
