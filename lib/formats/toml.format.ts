import { codePointsIn, type TextPosition } from './text-position.js';
import { FormatError, NESTED_TOO_DEEPLY } from './format.error.js';
import type { ConfigFormat, ParsedText } from './config-format.interface.js';
import { weaklyCached } from './weakly-cached.js';
import { importParser } from '../util/import-optional.js';
import type { TomlSyntaxTree } from './toml-syntax-tree.js';

/**
 * TOML 1.0. Dates with an offset become a `Date`, other dates and times a string.
 *
 * Parsed by `smol-toml`, an optional peer dependency that is imported with the first TOML file.
 */
export const tomlFormat: Readonly<ConfigFormat> = {
  name: 'TOML',
  extensions: ['toml'],
  async parse(text): Promise<ParsedText> {
    if (text.trim() === '') return { value: undefined };
    // The parser with positions is much slower: it runs on errors only, and apps without TOML do not load it.
    const [toml, { TomlSyntaxTree }] = await Promise.all([
      importParser('smol-toml', () => import('smol-toml')),
      import('./toml-syntax-tree.js'),
    ]);
    const syntaxTree = weaklyCached<TomlSyntaxTree>(() => new TomlSyntaxTree(text));
    try {
      const value = plain(toml.parse(text), toml.TomlDate);
      return {
        value: Object.keys(value as object).length === 0 ? undefined : value,
        locate: (path, part) => syntaxTree().locate(path, part),
      };
    } catch (error) {
      if (!(error instanceof toml.TomlError)) throw error;
      // The message continues with the lines around the error, which may contain secrets.
      const [summary = ''] = error.message.replace('Invalid TOML document: ', '').split('\n');
      const message = summary.replace(
        'document contains excessively nested structures. aborting.',
        NESTED_TOO_DEEPLY,
      );
      throw new FormatError([{ message, position: positionOf(text, error) }], {
        cause: error,
      });
    }
  },
};

/** The columns of `smol-toml` count UTF-16 units. */
function positionOf(text: string, { line, column }: { line: number; column: number }): TextPosition {
  const before = (text.split(/\r?\n/)[line - 1] ?? '').slice(0, column - 1);
  return { line, column: codePointsIn(before, 0, before.length) + 1 };
}

type TomlDate = InstanceType<(typeof import('smol-toml'))['TomlDate']>;

/** Replaces the dates of `smol-toml` in place: the tree is not shared yet. */
function plain(value: unknown, dates: new (text: string) => TomlDate): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof dates)
    return value.isDateTime() && !value.isLocal() ? new Date(value) : value.toISOString();
  for (const [key, member] of Object.entries(value)) {
    // Not assigned, because the key may be `__proto__`, which is rejected later with a clear error.
    if (typeof member === 'object') {
      const replaced = plain(member, dates);
      if (replaced !== member) Object.defineProperty(value, key, { value: replaced });
    }
  }
  return value;
}
