import { styleText } from 'node:util';
import { joinPath } from '../model/paths.js';
import type { Difference, ElementDifference, ValueDifference } from './difference.js';
import { onOneLine } from '../util/printable-text.js';
import { describeChange } from './change-text.js';
import type { VersionDiffKind, VersionDiffStats, VersionDiffTextOptions } from './version-diff.interface.js';

type Style = Parameters<typeof styleText>[0];

/** How each kind is marked and coloured. */
const MARKS: Record<VersionDiffKind, { readonly sign: string; readonly style: Style }> = {
  added: { sign: '+', style: 'green' },
  removed: { sign: '-', style: 'red' },
  changed: { sign: '~', style: 'yellow' },
  typeChanged: { sign: '!', style: 'magenta' },
  moved: { sign: '>', style: 'cyan' },
};

/** Names longer than this do not push the values of all others to the right. */
const MAX_NAME = 32;

/** What differs right below one path. */
interface Group {
  readonly title: string;
  readonly lines: Line[];
}

interface Line {
  readonly kind: VersionDiffKind;
  readonly name: string;
  /** What there is to say; more than one line for text of several lines. */
  readonly tell: (width: number) => readonly string[];
}

/** What was compared, and how it came out. */
interface Heading {
  readonly from: string;
  readonly to: string;
  readonly stats: VersionDiffStats;
}

/**
 * A difference for people:
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
export function diffText(
  heading: Heading,
  difference: Difference | undefined,
  { color = false, width = 100 }: VersionDiffTextOptions,
): string {
  const paint = (style: Style, text: string) =>
    color ? styleText(style, text, { validateStream: false }) : text;
  const title = paint('bold', `${onOneLine(heading.from)} → ${onOneLine(heading.to)}`);
  const groups = difference === undefined ? [] : groupsOf(difference, { path: '', title: '', name: '' });
  const texts = groups.map(({ title: above, lines }) => {
    const longest = lines.reduce((most, { name }) => Math.max(most, name.length), 0);
    const column = Math.min(longest, MAX_NAME);
    const written = lines.flatMap(({ kind, name, tell }) => {
      const { sign, style } = MARKS[kind];
      const [first = '', ...rest] = tell(width - column - 6);
      return [
        `  ${paint(style, `${sign} ${name.padEnd(column)}`)}  ${first}`.trimEnd(),
        ...rest.map((line) => `      ${paint(styleOfLine(line), line)}`),
      ];
    });
    return [...(above === '' ? [] : [paint('bold', above)]), ...written].join('\n');
  });
  return [`${title}: ${summary(heading.stats)}`, ...texts].join('\n\n');
}

function summary(stats: VersionDiffStats): string {
  const words: Record<VersionDiffKind, string> = {
    added: 'added',
    removed: 'removed',
    changed: 'changed',
    typeChanged: 'of another type',
    moved: 'moved',
  };
  const kinds = (Object.keys(words) as VersionDiffKind[]).filter((kind) => stats[kind] > 0);
  return kinds.map((kind) => `${stats[kind]} ${words[kind]}`).join(', ') || 'no difference';
}

/** Lines of a text of several lines say by their first sign whether they came or went. */
function styleOfLine(line: string): Style {
  if (line.startsWith('+')) return 'green';
  return line.startsWith('-') ? 'red' : 'dim';
}

interface Spot {
  readonly path: string;
  /** The path for people, with the names of the list elements on it. */
  readonly title: string;
  /** Its last key. */
  readonly name: string;
}

/** What differs, by the path it is below; what is right below the root comes first. */
function groupsOf(difference: Difference, root: Spot): Group[] {
  const groups = new Map<string, Group>([['', { title: '', lines: [] }]]);
  const add = (parent: Spot, line: Line) => {
    const known = groups.get(parent.path) ?? { title: parent.title, lines: [] };
    groups.set(parent.path, known);
    known.lines.push(line);
  };
  const visit = (found: Difference, spot: Spot, parent: Spot): void => {
    if (found.kind === 'members') {
      for (const [key, member] of found.members) visit(member, below(spot, key), spot);
    } else if (found.kind === 'elements') {
      for (const element of found.elements) visitElement(element, spot);
    } else {
      add(parent, valueLine(found, spot));
    }
  };
  const visitElement = (element: ElementDifference, list: Spot): void => {
    const spot = below(list, String(element.index), element.label);
    if (element.moved !== undefined) add(list, moveLine(element, spot));
    if (element.difference !== undefined) visit(element.difference, spot, list);
  };
  visit(difference, root, root);
  return [...groups.values()].filter(({ lines }) => lines.length > 0);
}

function valueLine(found: ValueDifference, { name }: Spot): Line {
  return { kind: found.kind, name, tell: (width) => describeChange(found, width) };
}

function moveLine({ previousIndex }: ElementDifference, { name }: Spot): Line {
  return { kind: 'moved', name, tell: () => [`was at ${previousIndex}`] };
}

function below({ path, title }: Spot, key: string, label?: string): Spot {
  const suffix = label === undefined ? '' : ` (${onOneLine(label)})`;
  return {
    path: joinPath(path, key),
    title: `${onOneLine(joinPath(title, key))}${suffix}`,
    name: `${onOneLine(joinPath('', key))}${suffix}`,
  };
}
