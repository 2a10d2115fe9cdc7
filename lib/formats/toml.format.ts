import { codePointsIn } from './character-counts.js';
import type { TextPosition } from './text-position.js';
import { FormatError, NESTED_TOO_DEEPLY } from './format.error.js';
import type { ConfigFormat, ParsedText, TextProblem } from './config-format.interface.js';
import type { TextPlaces } from './text-places.js';
import type { ContentLimits } from '../limits/content-limits.js';
import { inspectTree } from '../limits/inspect-tree.js';
import { weaklyCached } from './weakly-cached.js';
import { importParser } from '../util/import-optional.js';
import type { TomlSyntaxTree } from './toml-syntax-tree.js';

/**
 * TOML 1.1. Dates with an offset become a `Date`, other dates and times a string. No number that would become another
 * number.
 *
 * Parsed by `smol-toml`, an optional peer dependency that is imported with the first TOML file.
 */
export const tomlFormat: Readonly<ConfigFormat> = {
  name: 'TOML',
  extensions: ['toml'],
  async parse(text, context): Promise<ParsedText> {
    if (/^[ \t\r\n]*$/.test(text)) return { value: undefined };
    // `smol-toml` skips one, and the file had another before the text.
    if (text.startsWith('\ufeff')) {
      const message = 'the text begins with two byte order marks; remove them';
      throw new FormatError([{ message, position: { line: 1, column: 1 } }]);
    }
    // The parser with positions is much slower: it runs if it is needed, and apps without TOML do not load it.
    const [toml, { TomlSyntaxTree }, { TomlValues }] = await Promise.all([
      importParser('smol-toml', () => import('smol-toml')),
      import('./toml-syntax-tree.js'),
      import('./toml-values.js'),
    ]);
    const syntaxTree = weaklyCached<TomlSyntaxTree>(() => new TomlSyntaxTree(text));
    try {
      const parsed = toml.parse(text, { integersAsBigInt: 'asNeeded' });
      refuseTooManyValues(parsed, context.limits);
      const values = new TomlValues(text, syntaxTree, context, toml.TomlDate);
      const value = values.plain(parsed);
      if (values.problems.length > 0) throw new FormatError(values.problems);
      return {
        value: Object.keys(value as object).length === 0 ? undefined : value,
        warnings: values.warnings,
        ...(await placesIn(text)),
      };
    } catch (error) {
      if (!(error instanceof toml.TomlError)) throw error;
      throw new FormatError([syntaxProblem(text, error)], { cause: error });
    }
  },
  placesIn,
};

async function placesIn(text: string): Promise<TextPlaces> {
  const [{ TomlSyntaxTree }, { isDate }] = await Promise.all([
    import('./toml-syntax-tree.js'),
    import('./toml-values.js'),
  ]);
  const tree = weaklyCached<TomlSyntaxTree>(() => new TomlSyntaxTree(text));
  return {
    locate: (path, part) => tree().locate(path, part),
    textOf: (path) => {
      const written = tree().textOf(path);
      return written === undefined || isDate(written) ? undefined : written;
    },
  };
}

/** The parser with positions takes 3 KB for each value, of which other formats take a few hundred bytes. */
const KEYS_OF_A_VALUE = 4;

function refuseTooManyValues(parsed: unknown, limits: ContentLimits): void {
  const maxKeys = Math.floor(limits.maxKeys / KEYS_OF_A_VALUE);
  if (inspectTree(parsed, { ...limits, maxKeys }).keys <= maxKeys) return;
  const message = `the content has more than ${maxKeys} keys and elements, each of which counts as ${KEYS_OF_A_VALUE} in TOML (limit maxKeys); shorten it, write it as YAML or JSON, or raise the limit`;
  throw new FormatError([{ message }]);
}

function syntaxProblem(text: string, error: Error & { line: number; column: number }): TextProblem {
  // The message continues with the lines around the error, which may contain secrets.
  const [summary = ''] = error.message.replace('Invalid TOML document: ', '').split('\n');
  const message = summary
    .replace('document contains excessively nested structures. aborting.', NESTED_TOO_DEEPLY)
    .replace(/^invalid date$/, 'there is no such date or time; correct it, or put it in quotes');
  return { message, position: positionOf(text, error) };
}

/** The columns of `smol-toml` count UTF-16 units. */
function positionOf(text: string, { line, column }: { line: number; column: number }): TextPosition {
  const before = (text.split(/\r?\n/)[line - 1] ?? '').slice(0, column - 1);
  return { line, column: codePointsIn(before, 0, before.length) + 1 };
}
