import type { styleText } from 'node:util';
import type { VersionDiffKind } from './version-diff.interface.js';

export type TextStyle = Parameters<typeof styleText>[0];

/** The sign and the colour of each kind of change, in all text that shows changes. */
export const CHANGE_MARKS: Readonly<
  Record<VersionDiffKind, { readonly sign: string; readonly style: TextStyle }>
> = {
  added: { sign: '+', style: 'green' },
  removed: { sign: '-', style: 'red' },
  changed: { sign: '~', style: 'yellow' },
  typeChanged: { sign: '!', style: 'magenta' },
  moved: { sign: '>', style: 'cyan' },
};
