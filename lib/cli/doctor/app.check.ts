import { formatDuration } from '../../util/format-duration.js';
import { plural } from '../../util/plural.js';
import { problemsIn, warningsIn, type StatusResponse } from '../output/status-problems.js';
import { cell } from '../output/output.js';
import type { Finding } from './finding.interface.js';

/** Checks the status of the app. */
export function checkApp(status: StatusResponse): Finding[] {
  const { app, watching, missedEvents, pollingFiles, pendingRestart, sources } = status;
  const check = `app ${app.name}`;
  const problems = problemsIn(status).map((text): Finding => ({
    check,
    state: 'fail',
    text,
    next: 'For the last error and the state of each source: hot-config status',
  }));
  return [
    ...(problems.length > 0
      ? problems
      : [{ check, state: 'ok', text: `runs version ${status.version}` } as const]),
    ...findingIf(!watching, {
      check,
      state: 'warn',
      text: 'does not watch its sources',
      next: 'Run hot-config enable, or check the options enabled and environments and the variable HOT_RELOAD_ENABLED.',
    }),
    ...findingIf(missedEvents > 0, {
      check,
      state: 'warn',
      text: `${plural(missedEvents, 'change')} found by polling, because no event arrived`,
      next: 'If this happens often, set usePolling: true.',
    }),
    ...findingIf(pollingFiles.length > 0, {
      check,
      state: 'ok',
      text: `polls ${plural(pollingFiles.length, 'file')}`,
    }),
    ...sources.flatMap(checkRemote),
    ...warningsIn(status).map((text): Finding => ({
      check,
      state: 'warn',
      text,
      next: 'To see which value counts: hot-config explain PATH',
    })),
    ...findingIf(pendingRestart.length > 0, {
      check,
      state: 'warn',
      text: `new values need a restart: ${pendingRestart.join(', ')}`,
      next: 'Restart the app.',
    }),
  ];
}

/** Checks a source over a network. The app asks it: this command may have another network, and has no credentials. */
function checkRemote({ name, health, detail, checks }: StatusResponse['sources'][number]): Finding[] {
  if (checks === undefined) return [];
  const { count, failures, last } = checks;
  const answered = last === undefined ? 'has not answered yet' : `answered ${ageOf(last)} ago`;
  const text = `${answered}; ${failures} of ${plural(count, 'request')} failed`;
  const check = `source ${cell(name)}`;
  if (health === 'live') return [{ check, state: 'ok', text }];
  return [
    {
      check,
      state: 'fail',
      text: `is ${health}: ${cell(detail ?? 'for an unknown reason')}; it ${text}`,
      next: 'The app runs with its last good content, and asks again by itself. To ask now: hot-config reload',
    },
  ];
}

function ageOf(time: string): string {
  return formatDuration(Math.max(0, Date.now() - Date.parse(time)));
}

function findingIf(condition: boolean, finding: Finding): Finding[] {
  return condition ? [finding] : [];
}
