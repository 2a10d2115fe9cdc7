import { parseDocument, type Document, type YAMLError } from 'yaml';
import type { ContentLimits } from '../limits/content-limits.js';
import { TextLines } from './text-position.js';
import { weaklyCached } from './weakly-cached.js';
import type { ConfigFormat, TextProblem } from './config-format.interface.js';
import { FormatError, NESTED_TOO_DEEPLY } from './format.error.js';
import { YamlSyntaxTree } from './yaml-syntax-tree.js';

/**
 * YAML 1.2 (core schema) with merge keys (`<<: *anchor`). No repeated key in one mapping. If a file has several
 * documents, the first one is used, with a warning.
 */
export const yamlFormat: Readonly<ConfigFormat> = {
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
    // The tree takes about fifty times the memory of its text: it is parsed again if an issue needs a position.
    const tree = weaklyCached(() => new YamlSyntaxTree(readDocument(text), new TextLines(text)));
    return { value, warnings, locate: (path, part) => tree().locate(path, part) };
  },
};

function readDocument(text: string): Document.Parsed {
  return parseDocument(text, {
    schema: 'core',
    merge: true,
    // `yaml` compares each key with all others (1.6 s for 20,000 keys); YamlSyntaxTree uses a Map.
    uniqueKeys: false,
    // Pretty errors quote the line, which may contain a secret.
    prettyErrors: false,
    // Prints no warnings, but reports several documents ('silent' would not).
    logLevel: 'error',
  });
}

/** Problems reported for one file: the first syntax error usually causes all later ones. */
const MAX_PROBLEMS = 5;

function problemsOf(
  document: Document.Parsed,
  lines: TextLines,
): [problems: TextProblem[], warnings: TextProblem[]] {
  const several = document.errors.filter((error) => error.code === 'MULTIPLE_DOCS');
  const syntax = document.errors.filter((error) => error.code !== 'MULTIPLE_DOCS');
  const tooDeep = syntax.find((error) => error.code === 'RESOURCE_EXHAUSTION');
  const problems = tooDeep
    ? [tooDeep]
    : syntax.toSorted((a, b) => a.pos[0] - b.pos[0]).slice(0, MAX_PROBLEMS);
  return [
    problems.map((error) => problemOf(error, lines)),
    [...document.warnings, ...several].slice(0, MAX_PROBLEMS).map((error) => problemOf(error, lines)),
  ];
}

function problemOf(error: YAMLError, lines: TextLines): TextProblem {
  return { message: messageOf(error), position: lines.at(error.pos[0]) };
}

function messageOf({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS')
    return 'a second document starts here, but only the first one is used; remove the others';
  if (code === 'RESOURCE_EXHAUSTION') return NESTED_TOO_DEEPLY;
  if (code === 'BAD_DQ_ESCAPE')
    return 'invalid escape sequence; write \\\\ for a backslash, or use single quotes';
  // Without the name of the tag: an unquoted password that starts with ! is parsed as one.
  if (code === 'TAG_RESOLVE_FAILED') return 'unknown tag; put a string that starts with ! in quotes';
  if (code === 'BAD_COLLECTION_TYPE') return 'the tag does not fit this collection; remove it';
  // The message quotes the text after its colon, which may contain a secret.
  const safe = code === 'UNEXPECTED_TOKEN' ? message.replace(/:.*$/s, '') : message;
  return safe.charAt(0).toLowerCase() + safe.slice(1);
}

function valueOf(document: Document.Parsed, syntaxTree: YamlSyntaxTree, limits: ContentLimits): unknown {
  try {
    return document.toJS({ maxAliasCount: limits.maxAliasCount }) as unknown;
  } catch (error) {
    if (error instanceof RangeError) {
      const message = 'is nested too deeply, or an alias refers to itself; flatten it';
      throw new FormatError([{ message }], { cause: error });
    }
    throw new FormatError([aliasProblem(document, syntaxTree, limits, error as Error)]);
  }
}

/** Finds the position of an alias problem (unknown, too many, not a mapping to merge), which `yaml` does not report. */
function aliasProblem(
  document: Document.Parsed,
  syntaxTree: YamlSyntaxTree,
  { maxAliasCount }: ContentLimits,
  { message }: Error,
): TextProblem {
  const unknown = /^Unresolved alias.*: (.*)$/s.exec(message)?.[1];
  if (unknown !== undefined) {
    return {
      // Without the name of the alias, as with tags.
      message:
        'the alias has no anchor before it; define the anchor, or put a string that starts with * in quotes',
      position: syntaxTree.positionOfAlias((alias) => alias.source === unknown && !alias.resolve(document)),
    };
  }
  if (message.startsWith('Merge')) {
    const position = syntaxTree.positionOfBadMerge();
    return { message: 'only a mapping, or a list of mappings, can be merged with <<', position };
  }
  return {
    message: `aliases expand to more than ${maxAliasCount} nodes (limit maxAliasCount) or contain themselves; use fewer`,
    position: syntaxTree.positionOfAlias(() => true),
  };
}
