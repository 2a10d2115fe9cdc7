import type { HandlerEvent } from '../changes/handler-event.js';
import type { Labels } from '../runtime/instrument.interface.js';
import type { HotConfigPort, ReloadDurations } from '../runtime/port.interface.js';
import type { Histogram } from './metrics-backend.interface.js';

/** In seconds: from the change of one value to a reload of 10^5 keys. */
const RELOAD_BUCKETS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];
/** In seconds, up to the default timeout of a handler. */
const HANDLER_BUCKETS: readonly number[] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

const RELOAD_DURATION: Readonly<Histogram> = {
  name: 'reload.duration',
  help: 'Duration of reloads.',
  unit: 'seconds',
  labels: ['outcome'],
  buckets: RELOAD_BUCKETS,
};

const STAGE_DURATION: Readonly<Histogram> = {
  name: 'reload.stage.duration',
  help: 'Duration of each stage of reloads.',
  unit: 'seconds',
  labels: ['stage'],
  buckets: RELOAD_BUCKETS,
};

const HANDLER_DURATION: Readonly<Histogram> = {
  name: 'handler.duration',
  help: 'Duration of calls of change handlers; a retry is another call.',
  unit: 'seconds',
  labels: ['outcome'],
  buckets: HANDLER_BUCKETS,
};

export const HISTOGRAMS: readonly Histogram[] = [RELOAD_DURATION, STAGE_DURATION, HANDLER_DURATION];

/** Records the durations of the boot, and from now on of reloads and handler calls. Returns a function that stops it. */
export function recordDurations(
  port: HotConfigPort,
  record: (histogram: Histogram, seconds: number, labels: Labels) => void,
): () => void {
  const recordReload = ({ outcome, durationMs, stages }: ReloadDurations) => {
    record(RELOAD_DURATION, durationMs / 1_000, { outcome });
    for (const { name, ms } of stages) record(STAGE_DURATION, ms / 1_000, { stage: name });
  };
  const recordHandler = (event: HandlerEvent) => {
    if (event.kind === 'timed-out')
      record(HANDLER_DURATION, event.timeoutMs / 1_000, { outcome: 'timed_out' });
    else if ('durationMs' in event)
      record(HANDLER_DURATION, event.durationMs / 1_000, { outcome: event.kind });
  };
  if (port.bootDurations !== undefined) recordReload(port.bootDurations);
  const ends = [port.observers.add({ ended: recordReload }), port.handlerEvents.add(recordHandler)];
  return () => ends.forEach((end) => end());
}
