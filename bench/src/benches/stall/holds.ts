import { setTimeout as delay } from 'node:timers/promises';
import type { ContestantName } from '../../apps/stall/contestant-names.js';
import { startCase, type Config } from './case.js';

/** Time for the reloads of one app, in ms: some take seconds each. */
const BUDGET = 2_500;
const LEAST = 2;

/** How long reloads hold the event loop, in ms. Each sample is the longest time between two turns during one reload. */
export interface Holds {
  /** In as much time without a reload. */
  readonly quiet: number[];
  readonly held: number[];
  /** Time from the save until it is in force. */
  readonly took: number[];
  /** Time in the stage that calls the schema; empty if it is not known. */
  readonly validate: number[];
  /** The longest time for which the schema itself held the event loop; empty if it is not known. */
  readonly schema: number[];
}

/** Reloads one after the other, without requests. */
export async function measureHolds(name: ContestantName, config: Config, times: number): Promise<Holds> {
  const { app, reload, stop } = await startCase(name, config);
  await app.ask('watchTurns');
  const holds: Holds = { quiet: [], held: [], took: [], validate: [], schema: [] };
  for (let warmup = 0; warmup < 2; warmup += 1) await reload();
  const started = performance.now();
  for (let time = 0; time < times; time += 1) {
    if (time >= LEAST && performance.now() - started > BUDGET) break;
    const { held = Number.NaN, took = Number.NaN, validate, schema } = await reload();
    holds.held.push(held);
    holds.took.push(took);
    if (validate !== undefined) holds.validate.push(validate);
    if (schema !== undefined) holds.schema.push(schema);
    await app.ask('expectNothing');
    await delay(50);
    holds.quiet.push((await app.ask('longestTurn'))['held']!);
  }
  await stop();
  return holds;
}
