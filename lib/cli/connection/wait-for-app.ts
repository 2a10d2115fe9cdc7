import { setTimeout as delay } from 'node:timers/promises';
import { CliError } from '../errors/cli.error.js';
import { ExitCode } from '../errors/exit-code.js';
import type { AppConnection } from './app-connection.interface.js';

/** The errors while an app starts or restarts. All others end the wait. */
const NOT_READY: ReadonlySet<ExitCode> = new Set<ExitCode>([ExitCode.NoApp, ExitCode.Connection]);

/** Delay between two attempts, in ms. */
const RETRY_DELAY = 200;

/** Connects to an app. While no app responds, retries for `wait` ms. */
export async function waitForApp(wait: number, open: () => Promise<AppConnection>): Promise<AppConnection> {
  const deadline = performance.now() + wait;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      const isNotReady = error instanceof CliError && NOT_READY.has(error.exitCode);
      if (!isNotReady || performance.now() >= deadline) throw error;
      await delay(RETRY_DELAY);
    }
  }
}
