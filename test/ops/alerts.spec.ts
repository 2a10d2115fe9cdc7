import { readFileSync } from 'node:fs';
import { Controller, Get, Header, Inject, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HotConfigManager, HotConfigModule, HotConfigService, OnConfigChange } from 'nestjs-hot-config';
import { HotConfigMetricsModule } from 'nestjs-hot-config/metrics';
import { memory, settled } from 'nestjs-hot-config/testing';
import { Registry } from 'prom-client';
import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { isMissing } from '../support/programs.js';
import { type Alert, type Prometheus, startPrometheus } from '../support/prometheus.js';
import { until } from '../support/until.js';

const rules = readFileSync('ops/prometheus-rules.yaml', 'utf8');

/** The rules with shorter times: a quarter of a second instead of minutes. */
const impatientRules = rules
  .replaceAll(/^( +for): .*$/gm, '$1: 250ms')
  .replace('_timestamp_seconds > 1800', '_timestamp_seconds > 0.5')
  .replace('_age_seconds > 900', '_age_seconds > 0.5');

const names = (parse(rules) as { groups: { rules: { alert: string }[] }[] }).groups.flatMap((group) =>
  group.rules.map(({ alert }) => alert),
);

@Injectable()
class Limits {
  @OnConfigChange('limit')
  follow({ current }: { current: { get(path: string): unknown } }) {
    if (current.get('limit') === 13) throw new Error('13 brings bad luck');
  }
}

/** Starts one process of a fleet, with functions that cause problems. */
async function startProcess() {
  const registry = new Registry();
  const source = memory<Record<string, unknown>>({ limit: 5 });
  const remote = { state: 'live' as 'live' | 'down', since: 0, isOld: false };
  const checks = () => ({ count: 1, failures: 0, last: remote.isOld ? new Date(0) : new Date() });

  @Controller('metrics')
  class MetricsController {
    constructor(@Inject('REGISTRY') private readonly metrics: Registry) {}

    @Get()
    @Header('content-type', registry.contentType)
    scrape() {
      return this.metrics.metrics();
    }
  }
  @Module({
    imports: [
      HotConfigModule.forRoot({
        sources: [Object.assign(memory({}, { name: 'remote' }), { health: () => remote, checks }), source],
        validators: [
          (value) =>
            Number((value as { limit: number }).limit) > 100
              ? { path: 'limit', message: 'limit is too high' }
              : undefined,
        ],
        circuitBreaker: { failures: 2 },
      }),
      HotConfigMetricsModule.forRoot({ registry }),
    ],
    controllers: [MetricsController],
    providers: [Limits, { provide: 'REGISTRY', useValue: registry }],
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  onTestFinished(() => app.close());
  return {
    address: new URL(await app.getUrl()).host,
    config: app.get(HotConfigService),
    manager: app.get(HotConfigManager),
    remote,
    setLimit: async (limit: number) => {
      source.set({ limit });
      await settled(app);
    },
  };
}

/** The names of the alerts that fire, in alphabetical order. */
async function firing({ alerts }: Prometheus): Promise<string[]> {
  const all: readonly Alert[] = await alerts();
  return [
    ...new Set(all.filter(({ state }) => state === 'firing').map(({ labels }) => labels['alertname']!)),
  ].toSorted();
}

it.skipIf(isMissing('prometheus'))(
  'every alert fires in a real Prometheus when its problem occurs, and ends with it',
  async () => {
    const [one, other] = await Promise.all([startProcess(), startProcess()]);
    const prometheus = await startPrometheus([one.address, other.address], impatientRules);
    const fired = new Set<string>();

    /** Causes a problem and waits for exactly these alerts; then fixes it and waits until no alert fires. */
    async function induce(
      expected: readonly string[],
      cause: () => unknown,
      fix: () => unknown,
    ): Promise<void> {
      await cause();
      await until(`only ${expected.join(', ')} fire`, async () => {
        const now = await firing(prometheus);
        return now.length === expected.length && now.every((name, index) => name === expected[index]);
      });
      for (const name of expected) fired.add(name);
      await fix();
      await until(
        `the alerts ${expected.join(', ')} end`,
        async () => (await firing(prometheus)).length === 0,
      );
    }

    await until('both are scraped', async () => (await prometheus.query('sum(up)')) === 2);
    expect(await prometheus.alerts()).toEqual([]);

    await induce(
      ['HotConfigDegraded', 'HotConfigReloadFailed', 'HotConfigStale'],
      () => one.setLimit(101),
      () => one.setLimit(5),
    );
    await induce(
      ['HotConfigNotWatching'],
      () => one.manager.disable(),
      () => one.manager.enable(),
    );
    await induce(
      ['HotConfigDegraded', 'HotConfigSourceUnreachable'],
      () => (one.remote.state = 'down'),
      () => (one.remote.state = 'live'),
    );
    await induce(
      ['HotConfigSourceOld'],
      () => (one.remote.isOld = true),
      () => (one.remote.isOld = false),
    );
    await induce(
      ['HotConfigDegraded', 'HotConfigHandlersFailing'],
      () => Promise.all([one.setLimit(13), other.setLimit(13)]),
      () => Promise.all([one.setLimit(5), other.setLimit(5)]),
    );
    await induce(
      ['HotConfigFleetDisagrees'],
      () => one.setLimit(6),
      () => other.setLimit(6),
    );
    await induce(
      ['HotConfigDegraded', 'HotConfigDrift'],
      () => Promise.all([one.manager.rollback(), other.manager.rollback()]),
      () => Promise.all([one.manager.reload({ force: true }), other.manager.reload({ force: true })]),
    );
    let release = (): void => undefined;
    await induce(
      ['HotConfigOldPins'],
      () => {
        void one.config.runPinned(() => new Promise<void>((resolve) => (release = resolve)));
      },
      () => release(),
    );
    await induce(
      ['HotConfigBreakerOpen', 'HotConfigDegraded', 'HotConfigReloadFailed', 'HotConfigStale'],
      async () => {
        for (const limit of [101, 102]) await one.setLimit(limit);
      },
      // The same value as the other process: a fleet with different configurations is another alert.
      () => one.setLimit(6).then(() => one.manager.reload()),
    );
    expect([...fired].toSorted()).toEqual(names.toSorted());
  },
  180_000,
);
