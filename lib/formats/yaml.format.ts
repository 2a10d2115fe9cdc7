import { parseDocument, type Document, type YAMLError } from 'yaml';
import type { ContentLimits } from '../limits/content-limits.js';
import { TextLines } from './text-position.js';
import { weaklyCached } from './weakly-cached.js';
import type { ConfigFormat, TextProblem } from './config-format.interface.js';
import { FormatError } from './format.error.js';
import { YamlSyntaxTree } from './yaml-syntax-tree.js';

/**
 * YAML 1.2 (core schema) with merge keys (`<<: *anchor`); no key twice in one mapping. Of several documents in one
 * file the first counts, with a warning.
 *
 * @publicApi
 */
export const yamlFormat: ConfigFormat = {
  name: 'YAML',
  extensions: ['yaml', 'yml'],
  parse(text, { limits }) {
    const lines = new TextLines(text);
    const document = readDocument(text);
    const [problems, warnings] = problemsOf(document, lines);
    if (problems.length > 0) throw new FormatError(problems);
    const syntaxTree = new YamlSyntaxTree(document, lines);
    const repeated = syntaxTree.repeatedKeys();
    if (repeated.length > 0) throw new FormatError(repeated);
    const value = valueOf(document, syntaxTree, limits);
    // The tree weighs some fifty times its text: it is dropped here, and read again if an issue needs a position.
    const again = weaklyCached(() => new YamlSyntaxTree(readDocument(text), new TextLines(text)));
    return { value, warnings, locate: (path, part) => again().locate(path, part) };
  },
};

function readDocument(text: string): Document.Parsed {
  return parseDocument(text, {
    schema: 'core',
    merge: true,
    // `yaml` compares every key with every other (1.6 s for 20,000 keys); YamlSyntaxTree looks with a Set.
    uniqueKeys: false,
    // Its pretty errors quote the line, which may hold a secret.
    prettyErrors: false,
    // It prints no warnings of its own, yet tells of several documents (at 'silent' it would not).
    logLevel: 'error',
  });
}

/** One slip makes `yaml` stumble again and again: the first few complaints say it all. */
const MOST_PROBLEMS = 5;

function problemsOf(
  document: Document.Parsed,
  lines: TextLines,
): [problems: TextProblem[], warnings: TextProblem[]] {
  const several = document.errors.filter((error) => error.code === 'MULTIPLE_DOCS');
  const syntax = document.errors.filter((error) => error.code !== 'MULTIPLE_DOCS');
  const tooDeep = syntax.find((error) => error.code === 'RESOURCE_EXHAUSTION');
  const problems = tooDeep
    ? [tooDeep]
    : syntax.toSorted((a, b) => a.pos[0] - b.pos[0]).slice(0, MOST_PROBLEMS);
  return [
    problems.map((error) => problemOf(error, lines)),
    [...document.warnings, ...several].slice(0, MOST_PROBLEMS).map((error) => problemOf(error, lines)),
  ];
}

function problemOf(error: YAMLError, lines: TextLines): TextProblem {
  return { message: messageOf(error), position: lines.at(error.pos[0]) };
}

function messageOf({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here; only the first is used';
  if (code === 'RESOURCE_EXHAUSTION') return 'nests too deeply';
  if (code === 'BAD_DQ_ESCAPE') return 'invalid escape sequence';
  // Its name is not told: a password that begins with ! is no tag for who wrote it.
  if (code === 'TAG_RESOLVE_FAILED') return 'unknown tag; quote a text that begins with !';
  if (code === 'BAD_COLLECTION_TYPE') return 'a tag that is of no such collection';
  // What follows the colon is a piece of the text, which may hold a secret.
  const said = code === 'UNEXPECTED_TOKEN' ? message.replace(/:.*$/s, '') : message;
  return said.charAt(0).toLowerCase() + said.slice(1);
}

function valueOf(document: Document.Parsed, syntaxTree: YamlSyntaxTree, limits: ContentLimits): unknown {
  try {
    return document.toJS({ maxAliasCount: limits.maxAliasCount }) as unknown;
  } catch (error) {
    if (error instanceof RangeError) {
      throw new FormatError([{ message: 'nests too deeply, or an alias refers to itself' }], {
        cause: error,
      });
    }
    throw new FormatError([aliasProblem(document, syntaxTree, limits, error as Error)]);
  }
}

/** `yaml` tells no position of what goes wrong once aliases are resolved: unknown ones, too many, merges of no map. */
function aliasProblem(
  document: Document.Parsed,
  syntaxTree: YamlSyntaxTree,
  limits: ContentLimits,
  { message }: Error,
): TextProblem {
  const unknown = /^Unresolved alias.*: (.*)$/s.exec(message)?.[1];
  if (unknown !== undefined) {
    return {
      // Not its name, as with tags.
      message: 'an alias refers to no anchor before it; quote a text that begins with *',
      position: syntaxTree.positionOfAlias((alias) => alias.source === unknown && !alias.resolve(document)),
    };
  }
  if (message.startsWith('Merge')) {
    const position = syntaxTree.positionOfBadMerge();
    return { message: 'only a mapping, or a list of mappings, can be merged with <<', position };
  }
  return {
    message: `aliases expand to more than ${limits.maxAliasCount} nodes (limit maxAliasCount), or contain themselves`,
    position: syntaxTree.positionOfAlias(() => true),
  };
}
