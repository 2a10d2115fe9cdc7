import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as common from '@nestjs/common';
import * as transformer from 'class-transformer';
import * as validator from 'class-validator';
import * as hotConfig from 'nestjs-hot-config';
import * as metrics from 'nestjs-hot-config/metrics';
import * as testing from 'nestjs-hot-config/testing';
import ts from 'typescript';

/**
 * What a fragment is: a `component` belongs to the app before it starts, a `module` is an app of its own that is booted,
 * and the rest is `run` while the page's app is up.
 */
export type FragmentKind = 'component' | 'module' | 'run';

/** Names a fragment may use without importing them, as prose does: the page has said where they are from. */
const IMPORTABLE: readonly (readonly [module: string, names: Iterable<string>])[] = [
  ['./docs-context.js', ['app', 'config', 'manager', 'equal']],
  ['nestjs-hot-config', namesExportedBy('lib/index.ts').map(asTypeUnless(hotConfig))],
  ['nestjs-hot-config/metrics', namesExportedBy('lib/metrics/index.ts').map(asTypeUnless(metrics))],
  ['nestjs-hot-config/testing', namesExportedBy('lib/testing/index.ts').map(asTypeUnless(testing))],
  ['@nestjs/common', Object.keys(common)],
  ['class-validator', Object.keys(validator)],
  ['class-transformer', Object.keys(transformer)],
];

/** Makes a module of a fragment: adds the imports it leaves out, and turns `x; // → 1` into a check. */
export function toModule(
  fragment: string,
  files: ReadonlyMap<string, string>,
): { kind: FragmentKind; source: string } {
  const kind = kindOf(fragment);
  const checked = fragment
    .replace(/^( *)(?!const |let )(\S.*?);? *\/\/ → (.+)$/gm, '$1equal($2, $3);')
    .replace(/^(HotConfigModule\.forRoot)/m, 'export default $1')
    .replace(/^(abstract )?class /gm, 'export $1class ');
  return { kind, source: `${importsFor(checked, files)}\nexport {};\n${checked}` };
}

function kindOf(fragment: string): FragmentKind {
  if (/^@Module\(|^HotConfigModule\.forRoot/m.test(fragment)) return 'module';
  return /^@(Injectable|Controller)\(/m.test(fragment) ? 'component' : 'run';
}

function importsFor(source: string, files: ReadonlyMap<string, string>): string {
  const { used, declared } = namesIn(source);
  const own = [...files]
    .filter(([file]) => file.endsWith('.ts') && !file.startsWith('src/fragment-'))
    .map(
      ([file, text]) => [`./${file.slice('src/'.length, -'.ts'.length)}.js`, namesIn(text).exported] as const,
    );
  const missing = new Set([...used].filter((name) => !declared.has(name)));
  return [...own, ...IMPORTABLE]
    .map(([module, names]) => {
      const wanted = [...new Set(names)].filter((name) => missing.delete(name.replace('type ', '')));
      return wanted.length > 0 ? `import { ${wanted.join(', ')} } from '${module}';` : '';
    })
    .filter((line) => line !== '')
    .join('\n');
}

interface Names {
  readonly used: Set<string>;
  readonly declared: Set<string>;
  readonly exported: Set<string>;
}

/** Types must be imported as such, where a decorated method has them as parameters. */
function asTypeUnless(values: object): (name: string) => string {
  return (name) => (name in values ? name : `type ${name}`);
}

/** The identifiers a source uses, declares or imports, and exports. */
function namesIn(text: string): Names {
  const names: Names = { used: new Set(), declared: new Set(), exported: new Set() };
  const source = ts.createSourceFile('fragment.ts', text, ts.ScriptTarget.ES2023, true);
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && !isMember(node)) {
      (isDeclaration(node) ? names.declared : names.used).add(node.text);
    }
    if (ts.isExportSpecifier(node)) names.exported.add(node.name.text);
    if (ts.canHaveModifiers(node) && ts.getModifiers(node)?.some(isExport)) {
      for (const name of declaredBy(node)) names.exported.add(name);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return names;
}

function isExport({ kind }: ts.Modifier): boolean {
  return kind === ts.SyntaxKind.ExportKeyword;
}

function declaredBy(node: ts.Node): string[] {
  if (ts.isVariableStatement(node)) {
    return node.declarationList.declarations.map(({ name }) => name.getText());
  }
  const { name } = node as ts.ClassDeclaration;
  return name === undefined ? [] : [name.text];
}

/** Whether an identifier is the part after a dot, or a key. */
function isMember(node: ts.Identifier): boolean {
  const { parent } = node;
  return (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) && parent.name === node;
}

/** Whether an identifier names something rather than using it. */
function isDeclaration(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isBindingElement(parent)) return parent.name === node;
  return (
    (ts.isVariableDeclaration(parent) ||
      ts.isParameter(parent) ||
      ts.isClassDeclaration(parent) ||
      ts.isFunctionDeclaration(parent) ||
      ts.isInterfaceDeclaration(parent) ||
      ts.isImportSpecifier(parent) ||
      ts.isImportClause(parent)) &&
    parent.name === node
  );
}

/** The names that a file of lib/ exports, types among them, and those of the files it passes on as a whole. */
function namesExportedBy(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const passedOn = [...text.matchAll(/^export (?:type )?\* from '(.+)\.js'/gm)];
  return [
    ...namesIn(text).exported,
    ...passedOn.flatMap(([, path = '']) => namesExportedBy(join(dirname(file), `${path}.ts`))),
  ];
}
