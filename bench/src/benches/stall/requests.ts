import { setTimeout as delay } from 'node:timers/promises';
import type { ContestantName } from '../../apps/stall/contestant-names.js';
import { SocketLoad } from '../../harness/socket-load.js';
import { quantile } from '../../harness/stats.js';
import { startCase, type Config, type RunningCase } from './case.js';

const CONNECTIONS = 64;
/** The share of one CPU that the app uses for the requests. */
const LOAD = 0.3;
/** Time of one turn of each kind, in ms. */
const TURN = 2_000;

/** What happens during a turn. */
export const KINDS = ['quiet', 'a reload a second', 'reloads back to back'] as const;
export type Kind = (typeof KINDS)[number];

export interface Turn {
  /** p99 of the requests, in ms. */
  readonly p99: number;
  /** The longest event-loop delay, in ms. */
  readonly delay: number;
}

/** Takes turns without reloads, with some, and with as many as possible, all under load. */
export async function measureRequests(
  name: ContestantName,
  config: Config,
  rounds: number,
): Promise<Record<Kind, Turn[]>> {
  const running = await startCase(name, config);
  const load = await SocketLoad.connect(running.app.ready['port']!, CONNECTIONS);
  const rate = await rateFor(running, load);
  const turns: Record<Kind, Turn[]> = { quiet: [], 'a reload a second': [], 'reloads back to back': [] };
  await running.reload();
  for (let round = 0; round < rounds; round += 1)
    for (const kind of KINDS) {
      await running.app.ask('resetDelays');
      const ended = delay(TURN, true);
      const reloads = reloadUntil(ended, kind, running);
      const times = await load.pace(rate, TURN);
      await reloads;
      const { longest = Number.NaN } = await running.app.ask('delays');
      turns[kind].push({ p99: quantile(times, 0.99), delay: longest });
    }
  await running.stop();
  return turns;
}

/** Finds the number of requests a second at which the app uses the wanted share of one CPU. */
async function rateFor({ app }: RunningCase, load: SocketLoad): Promise<number> {
  const guess = 2_000;
  await load.run(200); // until the code is compiled
  const before = await app.ask('usage');
  const started = performance.now();
  await load.pace(guess, 500);
  const after = await app.ask('usage');
  const share = (after['cpuUs']! - before['cpuUs']!) / 1_000 / (performance.now() - started);
  return (guess * LOAD) / share;
}

async function reloadUntil(ended: Promise<boolean>, kind: Kind, { reload }: RunningCase): Promise<void> {
  if (kind === 'quiet') return;
  const pause = kind === 'a reload a second' ? 1_000 : 0;
  let isEnded = false;
  void ended.then(() => (isEnded = true));
  await delay(pause / 2);
  while (!isEnded) {
    const next = delay(pause);
    await reload();
    await Promise.race([next, ended]);
  }
}
