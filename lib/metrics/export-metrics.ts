import type { Sample } from '../runtime/instrument.interface.js';
import type { HotConfigPort } from '../runtime/port.interface.js';
import { escapeControls } from '../util/control-characters.js';
import { reasonOf } from '../util/reason-of.js';
import { builtInInstruments } from './built-in-instruments.js';
import { HISTOGRAMS, recordDurations } from './durations.js';
import type { Histogram, MetricsBackend, RecordDuration } from './metrics-backend.interface.js';
import { exportableSamples } from './exportable-samples.js';

/**
 * Exports all metrics of an app: the built-in ones, and those that parts add to the port, now or later. Returns a function
 * that ends it.
 *
 * @param exporter names the exporter in the log
 * @throws ConfigOptionsError if the backend has other metrics with the names of built-in ones
 */
export function exportMetrics(port: HotConfigPort, backend: MetricsBackend, exporter: string): () => void {
  const ends: (() => void)[] = [];
  const end = () => ends.splice(0).forEach((endOne) => endOne());
  /** Reads no samples if `read` fails, so that the other metrics are exported. */
  const readIsolated = (name: string, read: () => readonly Sample[]) => (): readonly Sample[] => {
    try {
      return read();
    } catch (error) {
      const message = `${exporter} could not read the metric '${name}': ${reasonOf(error)}`;
      port.logger.errorOnce(read, message);
      return [];
    }
  };
  try {
    for (const [name, instrument] of builtInInstruments(port)) {
      const read = readIsolated(name, () => exportableSamples(instrument, instrument.read()));
      ends.push(backend.observe(name, instrument, read));
    }
    const records = new Map<Histogram, RecordDuration>();
    for (const histogram of HISTOGRAMS) {
      const { record, close } = backend.createHistogram(histogram);
      records.set(histogram, record);
      ends.push(close);
    }
    const record = (histogram: Histogram, ...duration: Parameters<RecordDuration>) =>
      records.get(histogram)?.(...duration);
    ends.push(recordDurations(port, record));
  } catch (error) {
    end();
    throw error;
  }
  ends.push(
    port.instruments.each((name, instrument) => {
      const read = readIsolated(name, () =>
        exportableSamples(instrument, redactLabels(instrument.read(), port)),
      );
      try {
        return backend.observe(name, instrument, read);
      } catch (error) {
        port.logger.error(`${exporter} does not export the metric '${name}': ${reasonOf(error)}`);
        return () => undefined;
      }
    }),
  );
  return end;
}

/** A part does not know all secrets of the app, and a label may quote a message. */
function redactLabels(samples: readonly Sample[], { secrets }: HotConfigPort): Sample[] {
  return samples.map(({ value, labels = {} }) => ({
    value,
    labels: Object.fromEntries(
      Object.entries(labels).map(([name, label]) => [name, escapeControls(secrets.redactText(label))]),
    ),
  }));
}
