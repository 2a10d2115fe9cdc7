import type { AppIdentity, AsJson } from '../../control/protocol.js';
import type { HotConfigStatus } from '../../runtime/status.interface.js';
import { cell } from './output.js';

/** The response to `status`. */
export type StatusResponse = AsJson<HotConfigStatus> & { readonly app: AppIdentity };

/** Lists the problems of an app: those for which `status --check` exits with 1, and `doctor` fails. */
export function problemsIn(status: StatusResponse): string[] {
  return [
    ...(status.drifted ? [describeDrift(status)] : []),
    ...(status.breaker === 'open' ? ['the circuit breaker is open'] : []),
    ...status.sources
      .filter(({ health }) => health !== 'live')
      .map(({ name, health }) => `${cell(name)} is ${health}`),
  ];
}

/** Describes why the values in force differ from the content of the sources. */
export function describeDrift({ rolledBack }: StatusResponse): string {
  if (rolledBack.length === 0) return 'the newest content of the sources was rejected';
  return `the content of ${rolledBack.map(cell).join(', ')} was rolled back; reload --force applies it again`;
}
