import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path/posix';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/** Files that may have module-level state, each with the reason. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'lib/compat/nestjs-config/process-env.ts': '`process.env` is one object for all apps of a process',
  'lib/model/tokens.ts':
    'the copies of this library in a process, which know nothing of each other; no state of an app',
  'lib/validation/class-libraries.ts': 'a package is the same for all apps of a process',
  'lib/util/time-slice.ts': 'the event loop is one for all apps of a process',
  'lib/util/branches.ts':
    'marks objects by identity, which mean the same to every app; the set holds none of them',
};

describe('Two apps in one process', () => {
  it('share no state: no file of lib has a mutable variable at module level', () => {
    const found = filesIn('lib')
      .filter((file) => !(file in EXCEPTIONS))
      .flatMap((file) =>
        mutableVariables(file, readFileSync(file, 'utf8')).map((name) => `${file}: ${name}`),
      );
    expect(found).toEqual([]);
  });

  it.each(Object.keys(EXCEPTIONS))('share state in %s, which is still needed as an exception', (file) => {
    expect(mutableVariables(file, readFileSync(file, 'utf8'))).not.toEqual([]);
  });
});

describe('A module-level variable', () => {
  it.each([
    'let count = 0;',
    'var count = 0;',
    'const known = new Map<string, number>();',
    'export const known = new WeakSet();',
    'const names = [];',
    'const names: string[] = ["a"];',
    'const counts = { a: 0 };',
    'const counts: Counts = { a: 0 } satisfies Counts;',
    'const registry = globalThis as { names?: Set<string> };',
    'class Registry { static known = new Set(); }',
    'class Registry { static last: string; }',
  ])('may not be mutable: %s', (text) => {
    expect(mutableVariables('example.ts', text)).toHaveLength(1);
  });

  it.each([
    'const limit = 5;',
    'const names = ["a"] as const;',
    'const names: readonly string[] = ["a"];',
    'const names: ReadonlySet<string> = new Set(["a"]);',
    'const counts: Readonly<Counts> = { a: 0 };',
    'const counts = Object.freeze({ a: 0 });',
    'const read = () => { let count = 0; return count; };',
    'class Registry { static readonly limit = 5; known = new Set(); }',
    'declare const global: { a: number };',
  ])('may be constant: %s', (text) => {
    expect(mutableVariables('example.ts', text)).toEqual([]);
  });
});

type Variable = ts.VariableDeclaration | ts.PropertyDeclaration;

function filesIn(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.ts')).map((file) => join(folder, file));
}

/** Returns the names of the module-level variables and static members of a file that can change. */
function mutableVariables(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const variables = source.statements.flatMap((statement): readonly Variable[] => {
    if (ts.isVariableStatement(statement)) {
      const isConst = (statement.declarationList.flags & ts.NodeFlags.Const) !== 0;
      return statement.declarationList.declarations.filter((variable) => !isConst || isMutable(variable));
    }
    if (ts.isClassDeclaration(statement)) {
      return statement.members
        .filter((member) => ts.isPropertyDeclaration(member))
        .filter((member) => hasModifier(member, ts.SyntaxKind.StaticKeyword))
        .filter((member) => !hasModifier(member, ts.SyntaxKind.ReadonlyKeyword) || isMutable(member));
    }
    return [];
  });
  return variables.map(({ name }) => name.getText(source));
}

/** Checks for a container without a readonly type. */
function isMutable({ type, initializer }: Variable): boolean {
  if (/^(readonly |Readonly)/.test(type?.getText() ?? '')) return false;
  let value = initializer;
  while (
    value &&
    (ts.isSatisfiesExpression(value) || ts.isAsExpression(value) || ts.isParenthesizedExpression(value))
  ) {
    if (ts.isAsExpression(value) && ts.isConstTypeReference(value.type)) return false;
    value = value.expression;
  }
  if (value === undefined) return false;
  if (ts.isIdentifier(value)) return value.text === 'globalThis';
  if (ts.isNewExpression(value)) return /^(Weak)?(Map|Set)$/.test(value.expression.getText());
  return ts.isArrayLiteralExpression(value) || ts.isObjectLiteralExpression(value);
}

function hasModifier(member: ts.PropertyDeclaration, kind: ts.SyntaxKind): boolean {
  return member.modifiers?.some((modifier) => modifier.kind === kind) ?? false;
}
