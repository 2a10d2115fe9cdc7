import type { LoggerService } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { HotConfigService } from 'nestjs-hot-config';
import { HotConfigMetricsModule } from 'nestjs-hot-config/metrics';
import { HotConfigOpenTelemetryModule } from 'nestjs-hot-config/metrics/opentelemetry';
import { Gauge, Registry } from 'prom-client';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { findPort } from '../../lib/module/find-port.js';
import type { ObservableInstrument, Sample } from '../../lib/runtime/instrument.interface.js';
import { isMissing } from '../support/programs.js';
import { promtool } from '../support/promtool.js';
import { startApp } from '../support/start-app.js';
import { openTelemetry } from './open-telemetry.js';
import { declaredIn, scrape, seriesIn } from './scrape.js';

let registry: Registry;
beforeEach(() => {
  registry = new Registry();
});

class Log implements LoggerService {
  readonly errors: string[] = [];

  log(): void {}

  warn(): void {}

  error(message: string): void {
    this.errors.push(message);
  }
}

/** An app that exports its metrics to prom-client and to OpenTelemetry. */
async function start() {
  const { provider, collect } = openTelemetry();
  const logger = new Log();
  const started = await startApp(
    { n: 1, password: 'hunter2-secret' },
    {
      imports: [
        HotConfigMetricsModule.forRoot({ registry }),
        HotConfigOpenTelemetryModule.forRoot({ meter: provider.getMeter('test') }),
      ],
    },
    { logger },
  );
  return {
    ...started,
    logger,
    port: findPort(started.app, 'a test'),
    /** The values that OpenTelemetry exports for an instrument; undefined if it knows no such instrument. */
    observed: async (name: string) =>
      (await collect())
        .find(({ descriptor }) => descriptor.name === name)
        ?.dataPoints.map(({ attributes, value }) => ({ labels: attributes, value })),
  };
}

function gauge(read: () => readonly Sample[], labels?: readonly string[]): ObservableInstrument {
  return { kind: 'gauge', help: 'Some.', read, ...(labels && { labels }) };
}

/** A part of an app that adds an instrument before the exporters open, which they do in `onModuleInit`. */
const earlyPart = {
  provide: 'early part',
  inject: [HotConfigService, ModuleRef],
  useFactory: (_: HotConfigService, moduleRef: ModuleRef) =>
    findPort(moduleRef, 'Part').instruments.add(
      'fleet.members',
      gauge(() => [{ value: 3 }]),
    ),
};

describe('An instrument of a part', () => {
  it.skipIf(isMissing('promtool'))('is exported if it is added after the exporters have opened', async () => {
    const { port, observed } = await start();
    port.instruments.add('fleet.members', {
      kind: 'gauge',
      help: 'Members by cohort.',
      labels: ['cohort'],
      read: () => [
        { value: 2, labels: { cohort: 'first' } },
        { value: 5, labels: { cohort: 'rest' } },
      ],
    });
    port.instruments.add('fleet.vote_time', {
      kind: 'counter',
      help: 'Time spent in votes.',
      unit: 'seconds',
      read: () => [{ value: 1.5 }],
    });
    const text = await registry.metrics();
    expect(text).toContain('# HELP hot_config_fleet_members Members by cohort.\n');
    expect(text).toContain('# TYPE hot_config_fleet_vote_time_seconds_total counter\n');
    const series = seriesIn(text);
    expect(series.get('hot_config_fleet_members{cohort="first"}')).toBe(2);
    expect(series.get('hot_config_fleet_members{cohort="rest"}')).toBe(5);
    expect(series.get('hot_config_fleet_vote_time_seconds_total')).toBe(1.5);
    expect(promtool(['check', 'metrics'], text)).toEqual({ ok: true, output: '' });
    expect(await observed('hot_config.fleet.members')).toEqual([
      { labels: { cohort: 'first' }, value: 2 },
      { labels: { cohort: 'rest' }, value: 5 },
    ]);
    expect(await observed('hot_config.fleet.vote_time')).toEqual([{ labels: {}, value: 1.5 }]);
  });

  it('is exported if it is added before the exporters open, with their prefix and labels', async () => {
    await startApp(
      { n: 1 },
      {
        providers: [earlyPart],
        imports: [HotConfigMetricsModule.forRoot({ registry, prefix: 'gateway', labels: { app: 'one' } })],
      },
    );
    expect((await scrape(registry)).get('gateway_fleet_members{app="one"}')).toBe(3);
  });

  it('is removed when the part removes it, and may be added again as another kind', async () => {
    const { port, observed } = await start();
    const read = vi.fn<() => Sample[]>(() => [{ value: 1 }]);
    const remove = port.instruments.add('fleet.members', gauge(read));
    await scrape(registry);
    await observed('hot_config.fleet.members');
    expect(read).toHaveBeenCalledTimes(2);
    remove();
    expect(declaredIn(await registry.metrics())).not.toContain('hot_config_fleet_members');
    await observed('hot_config.fleet.members'); // the SDK repeats the last values it knows
    expect(read).toHaveBeenCalledTimes(2);
    port.instruments.add('fleet.members', { ...gauge(() => [{ value: 4 }]), kind: 'counter' });
    expect((await scrape(registry)).get('hot_config_fleet_members_total')).toBe(4);
  });

  it('is removed from the registry when the app is closed, and not read any more', async () => {
    const { app, port, observed } = await start();
    const read = vi.fn<() => Sample[]>(() => [{ value: 1 }]);
    port.instruments.add('fleet.members', gauge(read));
    await app.close();
    expect(registry.getMetricsAsArray()).toEqual([]);
    await observed('hot_config.fleet.members');
    expect(read).not.toHaveBeenCalled();
    port.instruments.add('fleet.added_too_late', gauge(read));
    expect(registry.getMetricsAsArray()).toEqual([]);
  });

  it('that throws loses its own series only, and is logged once by each exporter', async () => {
    const { port, observed, logger } = await start();
    let fails = true;
    port.instruments.add(
      'fleet.members',
      gauge(() => {
        if (fails) throw new Error('the store is gone, hunter2-secret');
        return [{ value: 3 }];
      }),
    );
    port.instruments.add(
      'fleet.votes',
      gauge(() => [{ value: 1 }]),
    );
    for (let collection = 0; collection < 3; collection += 1) {
      const series = await scrape(registry);
      expect(series.has('hot_config_fleet_members')).toBe(false);
      expect(series.get('hot_config_fleet_votes')).toBe(1);
      expect(series.get('hot_config_version')).toBe(1);
      expect(await observed('hot_config.fleet.members')).toBeUndefined();
      expect(await observed('hot_config.fleet.votes')).toHaveLength(1);
    }
    expect(logger.errors).toHaveLength(2);
    expect(logger.errors[0]).toMatch(
      /^HotConfigMetricsModule could not read the metric 'fleet\.members': the store is gone, /,
    );
    expect(logger.errors[1]).toMatch(/^HotConfigOpenTelemetryModule could not read the metric/);
    expect(logger.errors.join()).not.toContain('hunter2');
    fails = false;
    expect((await scrape(registry)).get('hot_config_fleet_members')).toBe(3);
    expect(await observed('hot_config.fleet.members')).toEqual([{ labels: {}, value: 3 }]);
  });

  it.each<[string, Sample, labels: string[]]>([
    ['a value that is no number', { value: Number.NaN }, []],
    ['a negative value of a counter', { value: -1 }, []],
    ['a label that was not declared', { value: 1, labels: { node: 'a', zone: 'b' } }, ['node']],
    ['no value for a declared label', { value: 1 }, ['node']],
    ['a label that is no string', { value: 1, labels: { node: 7 as never } }, ['node']],
  ])('that returns %s loses its own series only', async (_, wrong, labels) => {
    const { port, observed, logger } = await start();
    const right = { value: 1, labels: Object.fromEntries(labels.map((label) => [label, 'a'])) };
    port.instruments.add('fleet.applies', { ...gauge(() => [right, wrong], labels), kind: 'counter' });
    const series = [...(await scrape(registry)).keys()];
    expect(series.filter((name) => name.includes('fleet'))).toEqual([]);
    expect(series).toContain('hot_config_version');
    expect(await observed('hot_config.fleet.applies')).toBeUndefined();
    expect(logger.errors).toHaveLength(2);
  });

  it('has a limited number of series, and the rest is added up', async () => {
    const { port, observed } = await start();
    const samples = Array.from({ length: 5_000 }, (_, index) => ({
      value: 1,
      labels: { node: `n${index}`, zone: `z${index % 2}` },
    }));
    port.instruments.add(
      'fleet.applies',
      gauge(() => samples, ['node', 'zone']),
    );
    const series = await scrape(registry);
    const names = [...series.keys()].filter((name) => name.startsWith('hot_config_fleet'));
    expect(names).toHaveLength(22);
    expect(series.get('hot_config_fleet_applies{node="n19",zone="z1"}')).toBe(1);
    expect(series.get('hot_config_fleet_applies{node="other",zone="z0"}')).toBe(2_490);
    expect(series.get('hot_config_fleet_applies{node="other",zone="z1"}')).toBe(2_490);
    expect(await observed('hot_config.fleet.applies')).toHaveLength(22);
  });

  it('has no secrets in its labels', async () => {
    const { port, observed } = await start();
    port.instruments.add(
      'fleet.refusals',
      gauge(() => [{ value: 1, labels: { reason: 'bad hunter2-secret' } }], ['reason']),
    );
    expect(await registry.metrics()).toContain('hot_config_fleet_refusals{reason="bad ');
    expect(await registry.metrics()).not.toContain('hunter2');
    expect(JSON.stringify(await observed('hot_config.fleet.refusals'))).not.toContain('hunter2');
  });

  it('cannot have the name of another one, nor one that may belong to a built-in metric', async () => {
    const { port } = await start();
    const some = gauge(() => []);
    port.instruments.add('fleet.members', some);
    const adding = (name: string) => () => port.instruments.add(name, some);
    expect(adding('fleet.members')).toThrow(
      "The instrument 'fleet.members' cannot be added: the name is taken",
    );
    expect(adding('handler.errors')).toThrow("names that begin with 'handler' belong to built-in metrics");
    expect(adding('version')).toThrow('its name must be the part and a name in lower case');
  });

  it('is not exported, and logged, if the registry has a metric of the app with its name', async () => {
    const { port, observed, logger } = await start();
    new Gauge({ name: 'hot_config_fleet_members', help: 'Other.', registers: [registry] }).set(9);
    const remove = port.instruments.add(
      'fleet.members',
      gauge(() => [{ value: 3 }]),
    );
    expect((await scrape(registry)).get('hot_config_fleet_members')).toBe(9);
    expect(await observed('hot_config.fleet.members')).toEqual([{ labels: {}, value: 3 }]);
    expect(logger.errors).toEqual([
      expect.stringMatching(
        /^HotConfigMetricsModule does not export the metric 'fleet\.members': The registry already has another metric/,
      ),
    ]);
    remove();
    expect((await scrape(registry)).get('hot_config_fleet_members')).toBe(9);
  });

  it('is shared by two apps on one registry, and stays until both have removed it', async () => {
    const one = await start();
    const other = await start();
    const add = ({ port }: typeof one, value: number) =>
      port.instruments.add('fleet.applies', { ...gauge(() => [{ value }]), kind: 'counter' });
    const removeOne = add(one, 1);
    add(other, 2);
    expect((await scrape(registry)).get('hot_config_fleet_applies_total')).toBe(3);
    removeOne();
    expect((await scrape(registry)).get('hot_config_fleet_applies_total')).toBe(2);
    await other.app.close();
    expect(declaredIn(await registry.metrics())).not.toContain('hot_config_fleet_applies_total');
  });

  it('counts once if the exporter is imported twice', async () => {
    const imports = [{ registry }, { registry, prefix: 'hot_config' }].map((options) =>
      HotConfigMetricsModule.forRoot(options),
    );
    const { app } = await startApp({ n: 1 }, { imports });
    const remove = findPort(app, 'a test').instruments.add('fleet.applies', {
      ...gauge(() => [{ value: 2 }]),
      kind: 'counter',
    });
    expect((await scrape(registry)).get('hot_config_fleet_applies_total')).toBe(2);
    remove();
    expect(declaredIn(await registry.metrics())).not.toContain('hot_config_fleet_applies_total');
  });
});
