import { styleText } from 'node:util';
import { joinPath } from '../model/paths.js';
import type { Difference, ElementDifference, ValueDifference } from './difference.js';
import { escapeControls } from '../util/control-characters.js';
import { describeChange } from './change-text.js';
import { CHANGE_MARKS, type TextStyle } from './change-marks.js';
import type { VersionDiffKind, VersionDiffStats, VersionDiffTextOptions } from './version-diff.interface.js';

/** Limit for the width of the column of names. A longer name moves only its own value to the right. */
const MAX_NAME = 32;

/** The differences directly below one path. */
interface Group {
  readonly title: string;
  readonly lines: Line[];
}

interface Line {
  readonly kind: VersionDiffKind;
  readonly name: string;
  /** Returns the text for the right of the name; more than one line for strings with several lines. */
  readonly describe: (width: number) => readonly string[];
}

/** The content of the first line. */
interface Heading {
  readonly from: string;
  readonly to: string;
  readonly stats: VersionDiffStats;
}

/**
 * Writes a difference for people:
 *
 * ```text
 * version 3 → version 4: 1 added, 2 changed
 *
 * llm
 *   ~ model     "small" → "large"
 *   + fallback  {"model":"tiny"}
 *
 * servers.1 (name: eu-1)
 *   ~ port      80 → 8080
 * ```
 */
export function formatDiff(
  heading: Heading,
  difference: Difference | undefined,
  { color = false, width = 100 }: VersionDiffTextOptions,
): string {
  const paint = (style: TextStyle, text: string) =>
    color ? styleText(style, text, { validateStream: false }) : text;
  const title = paint('bold', `${escapeControls(heading.from)} → ${escapeControls(heading.to)}`);
  const groups = difference === undefined ? [] : groupByParent(difference, { path: '', title: '', name: '' });
  const sections = groups.map(({ title: path, lines }) => {
    const longest = lines.reduce((most, { name }) => Math.max(most, name.length), 0);
    const column = Math.min(longest, MAX_NAME);
    const content = lines.flatMap(({ kind, name, describe }) => {
      const { sign, style } = CHANGE_MARKS[kind];
      const [first = '', ...rest] = describe(width - column - 6);
      return [
        `  ${paint(style, `${sign} ${name.padEnd(column)}`)}  ${first}`.trimEnd(),
        ...rest.map((line) => `      ${paint(styleOfLine(line), line)}`),
      ];
    });
    return [...(path === '' ? [] : [paint('bold', path)]), ...content].join('\n');
  });
  return [`${title}: ${summary(heading.stats)}`, ...sections].join('\n\n');
}

function summary(stats: VersionDiffStats): string {
  const words: Record<VersionDiffKind, string> = {
    added: 'added',
    removed: 'removed',
    changed: 'changed',
    typeChanged: 'with another type',
    moved: 'moved',
  };
  const kinds = (Object.keys(words) as VersionDiffKind[]).filter((kind) => stats[kind] > 0);
  return kinds.map((kind) => `${stats[kind]} ${words[kind]}`).join(', ') || 'no difference';
}

/** A line of a string with several lines: its first character is `+` if it was added, `-` if it was removed. */
function styleOfLine(line: string): TextStyle {
  if (line.startsWith('+')) return 'green';
  return line.startsWith('-') ? 'red' : 'dim';
}

/** A path in the output. */
interface TextPath {
  readonly path: string;
  /** The path with the identities of the list elements in it. */
  readonly title: string;
  /** Its last key. */
  readonly name: string;
}

/** Groups the differences by the path above them. The group of the root comes first. */
function groupByParent(difference: Difference, root: TextPath): Group[] {
  const groups = new Map<string, Group>([['', { title: '', lines: [] }]]);
  const add = (parent: TextPath, line: Line) => {
    const group = groups.get(parent.path) ?? { title: parent.title, lines: [] };
    groups.set(parent.path, group);
    group.lines.push(line);
  };
  const visit = (found: Difference, at: TextPath, parent: TextPath): void => {
    if (found.kind === 'members') {
      for (const [key, member] of found.members) visit(member, below(at, key), at);
    } else if (found.kind === 'elements') {
      for (const element of found.elements) visitElement(element, at);
    } else {
      add(parent, valueLine(found, at));
    }
  };
  const visitElement = (element: ElementDifference, list: TextPath): void => {
    const at = below(list, String(element.index), element.label);
    if (element.moved !== undefined) add(list, moveLine(element, at));
    if (element.difference !== undefined) visit(element.difference, at, list);
  };
  visit(difference, root, root);
  return [...groups.values()].filter(({ lines }) => lines.length > 0);
}

function valueLine(found: ValueDifference, { name }: TextPath): Line {
  return { kind: found.kind, name, describe: (width) => describeChange(found, width) };
}

function moveLine({ previousIndex }: ElementDifference, { name }: TextPath): Line {
  return { kind: 'moved', name, describe: () => [`moved from index ${previousIndex}`] };
}

function below({ path, title }: TextPath, key: string, label?: string): TextPath {
  const suffix = label === undefined ? '' : ` (${escapeControls(label)})`;
  return {
    path: joinPath(path, key),
    title: `${escapeControls(joinPath(title, key))}${suffix}`,
    name: `${escapeControls(joinPath('', key))}${suffix}`,
  };
}
