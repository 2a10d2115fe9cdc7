import { metrics as api } from '@opentelemetry/api';
import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics';
import { HotConfigMetricsModule } from 'nestjs-hot-config/metrics';
import { HotConfigOpenTelemetryModule } from 'nestjs-hot-config/metrics/opentelemetry';
import { settled } from 'nestjs-hot-config/testing';
import { Registry } from 'prom-client';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { findPort } from '../../lib/module/find-port.js';
import { startApp } from '../support/start-app.js';
import { openTelemetry } from './open-telemetry.js';
import { declaredIn, seriesIn } from './scrape.js';

/** The form in which the Prometheus exporters of OpenTelemetry write a metric. */
function prometheusName({ descriptor: { name, unit }, dataPointType, ...rest }: MetricData): string {
  const isCounter = dataPointType === DataPointType.SUM && 'isMonotonic' in rest && rest.isMonotonic;
  return `${name.replaceAll('.', '_')}${unit === 's' ? '_seconds' : ''}${isCounter ? '_total' : ''}`;
}

/** All values except durations and points in time, by their name and labels in Prometheus. */
function valuesOf(metrics: readonly MetricData[]): Map<string, number> {
  return new Map(
    metrics.flatMap((metric) =>
      metric.dataPoints.map(({ attributes, value }) => {
        const name = prometheusName(metric);
        const isHistogram = typeof value === 'object';
        const labels = Object.entries(attributes).map(([key, label]) => `${key}="${String(label)}"`);
        const set = labels.length > 0 ? `{${labels.toSorted().join(',')}}` : '';
        return isHistogram ? [`${name}_count${set}`, value.count] : [`${name}${set}`, value as number];
      }),
    ),
  );
}

describe('HotConfigOpenTelemetryModule', () => {
  it('exports the same instruments and values as the Prometheus module', async () => {
    const { provider, collect } = openTelemetry();
    const registry = new Registry();
    const { app, change, config } = await startApp(
      { n: 1 },
      {
        imports: [
          HotConfigMetricsModule.forRoot({ registry }),
          HotConfigOpenTelemetryModule.forRoot({ meter: provider.getMeter('test') }),
        ],
      },
    );
    config.onChange('n', function flaky({ current }) {
      if (current.version === 2) throw new Error('not now');
    });
    await change({ n: 2 });
    await settled(app);
    await config.runPinned(async () => {
      const [collected, text] = [await collect(), await registry.metrics()];
      // OpenTelemetry does not name an instrument without a value, and there is no source over a network.
      const declared = declaredIn(text).filter((name) => !name.startsWith('hot_config_source_'));
      expect(collected.map(prometheusName).toSorted()).toEqual(declared.toSorted());
      const shown = seriesIn(text);
      const values = valuesOf(collected);
      values.delete('hot_config_oldest_pin_age_seconds'); // grows between two collections
      const shownToo = new Map([...values.keys()].map((name) => [name, shown.get(name)]));
      expect(shownToo).toEqual(values);
      expect(values.get('hot_config_handler_failing{handler="flaky"}')).toBe(1);
    });
  });

  it('exports descriptions and base units', async () => {
    const { provider, collect } = openTelemetry();
    await startApp(
      { n: 1 },
      { imports: [HotConfigOpenTelemetryModule.forRoot({ meter: provider.getMeter('test') })] },
    );
    const duration = (await collect()).find(
      ({ descriptor }) => descriptor.name === 'hot_config.reload.duration',
    );
    expect(duration?.descriptor).toMatchObject({
      unit: 's',
      description: 'Duration of reloads.',
    });
    expect(duration?.dataPoints[0]?.value).toMatchObject({
      count: 1,
      buckets: { boundaries: expect.arrayContaining([0.001, 30]) },
    });
  });

  it('uses the global provider, and distinguishes apps by attributes', async () => {
    const { provider, collect } = openTelemetry();
    api.setGlobalMeterProvider(provider);
    onTestFinished(() => api.disable());
    for (const app of ['one', 'other']) {
      const attributes = { app };
      await startApp({ n: 1 }, { imports: [HotConfigOpenTelemetryModule.forRoot({ attributes })] });
    }
    const values = valuesOf(await collect());
    expect(values.get('hot_config_version{app="one"}')).toBe(1);
    expect(values.get('hot_config_version{app="other"}')).toBe(1);
  });

  it('does not read an app that is closed', async () => {
    const { provider, collect } = openTelemetry();
    const options = { meter: provider.getMeter('test'), prefix: 'gateway_config' };
    const metrics = HotConfigOpenTelemetryModule.forRootAsync({ useFactory: () => options });
    const { app } = await startApp({ n: 1 }, { imports: [metrics] });
    expect(valuesOf(await collect()).get('gateway_config_version')).toBe(1);
    const statusReads = vi.spyOn(findPort(app, 'a test'), 'status');
    await collect();
    expect(statusReads).toHaveBeenCalledOnce();
    await app.close();
    await collect(); // the SDK repeats the last values it knows
    expect(statusReads).toHaveBeenCalledOnce();
  });

  it('records nothing if the app has no SDK', async () => {
    const { change } = await startApp({ n: 1 }, { imports: [HotConfigOpenTelemetryModule.forRoot()] });
    expect((await change({ n: 2 })).outcome).toBe('applied');
  });
});
