import type { OverrideStatus } from '../../reload/overrides.js';
import type { AsJson } from './as-json.type.js';
import { cell } from './output.js';
import { moment } from './times.js';

/** Since when, until when, by whom and why. */
export function overrideText({ since, expiresAt, actor, reason }: AsJson<OverrideStatus>): string {
  const until = expiresAt === undefined ? '' : ` until ${moment(expiresAt)}`;
  const by = actor === undefined ? '' : ` by ${cell(actor)}`;
  return `since ${moment(since)}${until}${by}${reason === undefined ? '' : `: ${cell(reason)}`}`;
}
