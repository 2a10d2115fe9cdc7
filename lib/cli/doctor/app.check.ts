import type { StatusAnswer } from '../output/show-status.js';
import { problemsOf } from '../output/show-status.js';
import type { Finding } from './finding.interface.js';

/** What the app itself says. */
export function checkApp(status: StatusAnswer): Finding[] {
  const { app, watching, missedEvents, pollingFiles, pendingRestart } = status;
  const check = `app ${app.name}`;
  const problems = problemsOf(status).map((text): Finding => ({
    check,
    state: 'fail',
    text,
    next: 'See hot-config status.',
  }));
  return [
    ...(problems.length > 0
      ? problems
      : [{ check, state: 'ok', text: `runs version ${status.version}` } as const]),
    ...when(!watching, {
      check,
      state: 'warn',
      text: 'does not watch its sources',
      next: 'hot-config enable; or see enabled, environments and HOT_RELOAD_ENABLED.',
    }),
    ...when(missedEvents > 0, {
      check,
      state: 'warn',
      text: `${missedEvents} changes were not announced, and found by the safety poll`,
      next: 'Set usePolling: true where that happens often.',
    }),
    ...when(pollingFiles.length > 0, { check, state: 'ok', text: `polls ${pollingFiles.length} files` }),
    ...when(pendingRestart.length > 0, {
      check,
      state: 'warn',
      text: `${pendingRestart.join(', ')} wait for a restart`,
      next: 'Restart the app when it suits.',
    }),
  ];
}

function when(condition: boolean, finding: Finding): Finding[] {
  return condition ? [finding] : [];
}
