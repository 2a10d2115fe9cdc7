import type { Change } from '../model/change.interface.js';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import type { Layer } from '../model/layer.interface.js';
import type { ConfigOrigin } from '../model/origin.interface.js';
import { formatPath } from '../model/paths.js';
import { diff } from '../snapshot/diff.js';

/** Maximum number of edits that an error names. */
const MAX_EDITS = 5;

/** An edit of a source that a factory may depend on. */
export interface InputEdit {
  readonly change: Change;
  readonly before: Layer;
  readonly now: Layer;
}

/** Returns the edits that lead from one layer of a source to another one. */
export function editsBetween(before: Layer, now: Layer): InputEdit[] {
  return diff(before.tree, now.tree).map((change) => ({ change, before, now }));
}

/** Names edits since a version, without values, which may be secret. */
export function editIssues(edits: readonly InputEdit[], version: number): ConfigIssue[] {
  const named = edits.slice(0, MAX_EDITS).map((edit) => {
    const path = formatPath(edit.change.segments);
    const origin = placeOf(edit);
    const message = `${path} was ${edit.change.kind} since version ${version}`;
    return { path, message, ...(origin && { origin }) };
  });
  const more = edits.length - named.length;
  return more > 0 ? [...named, { path: '', message: `and ${more} more` }] : named;
}

function placeOf({ change, before, now }: InputEdit): ConfigOrigin | undefined {
  const { kind, segments } = change;
  if (kind !== 'removed') return now.locate(segments, 'key');
  // The line that it had is another one now.
  const {
    line: _line,
    column: _column,
    ...place
  } = before.locate(segments, 'key') ?? { source: before.source };
  return place;
}

/** Checks whether a value has changed as a part of it has, as a URL does with its host. */
export function follows(value: Change, part: Change): boolean {
  const all = [value.previous, value.current, part.previous, part.current];
  if (all.some((each) => typeof each === 'object' || typeof each === 'function')) return false;
  const [valueBefore, valueNow, partBefore, partNow] = all.map(String) as [string, string, string, string];
  if (valueBefore === partBefore || valueNow === partNow) return true;
  return partBefore !== '' && valueBefore.replaceAll(partBefore, partNow) === valueNow;
}
