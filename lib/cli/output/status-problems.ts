import type { AppIdentity, AsJson } from '../../control/protocol.js';
import { formatIssues } from '../../model/format-issues.js';
import type { HotConfigStatus } from '../../runtime/status.interface.js';
import { cell } from './output.js';

/** The response to `status`. */
export type StatusResponse = AsJson<HotConfigStatus> & { readonly app: AppIdentity };

/** The command that ends a problem, if there is one. */
const ENDED_BY: ReadonlyMap<string, string> = new Map([['rolled_back', 'reload --force applies it again']]);

/** Lists the problems of an app: those for which `status --check` exits with 1, and `doctor` fails. */
export function problemsIn({ problems }: StatusResponse): string[] {
  return problems.map(({ kind, message }) => {
    const end = ENDED_BY.get(kind);
    return end === undefined ? cell(message) : `${cell(message)}; ${end}`;
  });
}

/** Lists the warnings about the configuration in force, each with its place. An older app sends none. */
export function warningsIn({ sources, warnings = [] }: StatusResponse): string[] {
  const all = [...sources.flatMap((source) => source.warnings ?? []), ...warnings];
  return all.map((issue) => formatIssues([issue]).trim());
}
