import type { OverrideStatus } from '../../reload/overrides.js';
import type { AsJson } from './as-json.type.js';
import { cell, type Output } from './output.js';

/** Since when, until when, by whom and why. */
export function overrideText(
  output: Output,
  { since, expiresAt, actor, reason }: AsJson<OverrideStatus>,
): string {
  const until = expiresAt === undefined ? '' : ` until ${output.moment(expiresAt)}`;
  const by = actor === undefined ? '' : ` by ${cell(actor)}`;
  return `since ${output.moment(since)}${until}${by}${reason === undefined ? '' : `: ${cell(reason)}`}`;
}
