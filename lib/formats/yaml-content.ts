import { getScalarValue, SCALAR_STYLE, type ScalarEvent } from 'js-yaml';

/** An escaped line break, and the empty lines after it. */
const ESCAPED_BREAK = /(?<!\\)((?:\\\\)*)\\(?:\r\n?|\n)((?:[ \t]*(?:\r\n?|\n))+)[ \t]*/g;

/**
 * Returns the content of a scalar. By YAML, empty lines after an escaped line break are line breaks of the string;
 * `js-yaml` drops them.
 */
export function contentOf(text: string, event: ScalarEvent): string {
  if (event.style !== SCALAR_STYLE.DOUBLE_QUOTED || event.fast) return getScalarValue(text, event);
  const raw = text.slice(event.valueStart, event.valueEnd);
  const escaped = raw.replace(
    ESCAPED_BREAK,
    (_match, slashes: string, empty: string) => slashes + '\\n'.repeat(empty.match(/\r\n?|\n/g)?.length ?? 0),
  );
  return getScalarValue(escaped, { ...event, valueStart: 0, valueEnd: escaped.length });
}
