import { plural } from '../../util/plural.js';
import { problemsIn, warningsIn, type StatusResponse } from '../output/status-problems.js';
import type { Finding } from './finding.interface.js';

/** Checks the status of the app. */
export function checkApp(status: StatusResponse): Finding[] {
  const { app, watching, missedEvents, pollingFiles, pendingRestart } = status;
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

function findingIf(condition: boolean, finding: Finding): Finding[] {
  return condition ? [finding] : [];
}
