import { Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { PrometheusModule } from '@willsoto/nestjs-prometheus';
import {
  BeforeConfigChange,
  HotConfigManager,
  HotConfigModule,
  type HotConfigModuleOptions,
  HotConfigService,
  OnConfigChange,
  refreshable,
} from 'nestjs-hot-config';
import { HotConfigMetricsModule } from 'nestjs-hot-config/metrics';
import { stored } from 'nestjs-hot-config/remote';
import { memoryStore } from 'nestjs-hot-config/stores/memory';
import { memory, settled } from 'nestjs-hot-config/testing';
import { Counter, type OpenMetricsContentType, register, Registry } from 'prom-client';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { findPort } from '../../lib/module/find-port.js';
import { isMissing } from '../support/programs.js';
import { promtool } from '../support/promtool.js';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';
import { declaredIn, scrape, seriesIn } from './scrape.js';

let registry: Registry;
beforeEach(() => {
  registry = new Registry();
});

/** An app whose metrics are on `registry`. */
async function start(parts: ModuleMetadata = {}, options: HotConfigModuleOptions = {}, metrics = {}) {
  const imports = [HotConfigMetricsModule.forRoot({ registry, ...metrics }), ...(parts.imports ?? [])];
  return startApp({ n: 1 }, { ...parts, imports }, options);
}

@Injectable()
class Follower {
  fails = 0;

  @OnConfigChange('n', { retries: 1, retryDelay: 0 })
  follow(): void {
    if (this.fails > 0) {
      this.fails -= 1;
      throw new Error('not now');
    }
  }

  @OnConfigChange('slow', { timeout: 1 })
  async hang(): Promise<void> {
    await new Promise(() => undefined);
  }

  @BeforeConfigChange('vetoed')
  refuse(): void {
    throw new Error('never');
  }
}

describe('Metrics', () => {
  it.skipIf(isMissing('promtool'))('pass the checks of promtool, with every series in use', async () => {
    const pool = refreshable({ provide: 'pool', on: 'n', useFactory: () => ({}) });
    const { app, change, config } = await start({ providers: [Follower, pool] });
    app.get(Follower).fails = 2;
    await change({ n: 2 });
    await settled(app);
    await change({ n: 2, vetoed: 1 });
    await config.runPinned(async () => {
      const text = await registry.metrics();
      expect(promtool(['check', 'metrics'], text)).toEqual({ ok: true, output: '' });
      expect(
        declaredIn(text)
          .filter((name) => !seriesIn(text).has(name))
          .toSorted(),
      ).toEqual([
        // With labels, or buckets.
        'hot_config_degraded',
        'hot_config_handler_duration_seconds',
        'hot_config_handler_failing',
        'hot_config_info',
        'hot_config_pins',
        'hot_config_reload_duration_seconds',
        'hot_config_reload_stage_duration_seconds',
        'hot_config_reloads_total',
        'hot_config_source_age_seconds',
        'hot_config_source_check_failures_total',
        'hot_config_source_checks_total',
        'hot_config_source_info',
        'hot_config_sources',
      ]);
    });
  });

  it('count reloads, the boot included, by outcome, cause and failed stage', async () => {
    const { app, manager, change } = await start({ providers: [Follower] });
    await change({ n: 2 });
    await manager.reload();
    await change({ n: 2, vetoed: 1 });
    await change({ n: 2, vetoed: 2 });
    const series = await scrape(registry);
    const reloads = (outcome: string, cause: string, stage = '') =>
      series.get(`hot_config_reloads_total{cause="${cause}",outcome="${outcome}",stage="${stage}"}`);
    expect(reloads('applied', 'boot')).toBe(1);
    expect(reloads('applied', 'manual')).toBe(1);
    expect(reloads('unchanged', 'manual')).toBe(1);
    expect(reloads('rejected', 'manual', 'prepare')).toBe(2);
    // The series exist from the start, so that `rate()` includes the first reload.
    expect(reloads('rejected', 'file', 'validate')).toBe(0);
    expect(reloads('unchanged', 'file')).toBe(0);
    await app.close();
  });

  it('show whether the last reload succeeded, and the time of the last success', async () => {
    const { change } = await start({ providers: [Follower] });
    const before = (await scrape(registry)).get('hot_config_last_reload_success_timestamp_seconds')!;
    expect(Math.abs(before - Date.now() / 1_000)).toBeLessThan(60);
    await change({ vetoed: 1 });
    const failed = await scrape(registry);
    expect(failed.get('hot_config_last_reload_successful')).toBe(0);
    expect(failed.get('hot_config_last_reload_success_timestamp_seconds')).toBe(before);
    expect(failed.get('hot_config_drifted')).toBe(1);
    await change({ n: 2 });
    const fixed = await scrape(registry);
    expect(fixed.get('hot_config_last_reload_successful')).toBe(1);
    expect(fixed.get('hot_config_last_reload_success_timestamp_seconds')).toBeGreaterThan(before);
    expect(fixed.get('hot_config_drifted')).toBe(0);
  });

  it('do not count a rejected override as a failure of the sources', async () => {
    const { manager } = await start({ providers: [Follower] });
    expect((await manager.set('vetoed', 1)).outcome).toBe('rejected');
    const series = await scrape(registry);
    expect(series.get('hot_config_last_reload_successful')).toBe(1);
    expect(series.get('hot_config_reloads_total{cause="override",outcome="rejected",stage="prepare"}')).toBe(
      1,
    );
  });

  it('name the reasons for a degraded state', async () => {
    const { manager, change } = await start({ providers: [Follower] });
    const degraded = async () =>
      [...(await scrape(registry))].flatMap(([name, value]) =>
        name.startsWith('hot_config_degraded') && value === 1 ? name : [],
      );
    expect(await degraded()).toEqual([]);
    await change({ n: 2 });
    await manager.rollback(1);
    expect(await degraded()).toEqual(['hot_config_degraded{reason="rolled_back"}']);
    await change({ vetoed: 1 });
    expect(await degraded()).toContain('hot_config_degraded{reason="rejected"}');
  });

  it('show only the version and the hash in force', async () => {
    const { manager, change } = await start();
    await change({ n: 2 });
    const series = await scrape(registry);
    expect(series.get('hot_config_version')).toBe(2);
    expect([...series.keys()].filter((name) => name.startsWith('hot_config_info'))).toEqual([
      `hot_config_info{hash="${manager.status().hash}"}`,
    ]);
  });

  it('measure reloads, the boot included, and their stages in seconds', async () => {
    const { change } = await start();
    const result = await change({ n: 2 });
    const series = await scrape(registry);
    expect(series.get('hot_config_reload_duration_seconds_count{outcome="applied"}')).toBe(2);
    for (const stage of ['collect', 'merge', 'validate', 'prepare', 'commit', 'notify'])
      expect(series.get(`hot_config_reload_stage_duration_seconds_count{stage="${stage}"}`)).toBe(2);
    const sum = series.get('hot_config_reload_duration_seconds_sum{outcome="applied"}')!;
    expect(sum).toBeGreaterThanOrEqual(result.durationMs / 1_000);
    expect(sum).toBeLessThan(20);
  });

  it('count failed and timed-out handler calls, and name the handlers that failed last', async () => {
    const { app, change, manager } = await start({ providers: [Follower] });
    expect((await scrape(registry)).get('hot_config_handler_errors_total')).toBe(0);
    const follower = app.get(Follower);
    follower.fails = 2;
    await change({ n: 2, slow: 1 });
    await settled(app);
    const failed = await scrape(registry);
    expect(failed.get('hot_config_handler_errors_total')).toBe(2);
    expect(failed.get('hot_config_handler_retries_total')).toBe(1);
    expect(failed.get('hot_config_handler_timeouts_total')).toBe(1);
    expect(failed.get('hot_config_handler_failing{handler="Follower.follow"}')).toBe(1);
    expect(failed.get('hot_config_handler_failing{handler="Follower.hang"}')).toBe(1);
    expect(failed.get('hot_config_handler_duration_seconds_count{outcome="failed"}')).toBe(2);
    expect(failed.get('hot_config_handler_duration_seconds_count{outcome="timed_out"}')).toBe(1);
    expect(manager.status().handlers).toMatchObject({
      errors: 2,
      timeouts: 1,
      retries: 1,
    });
    expect(manager.status().handlers.failing.toSorted()).toEqual(['Follower.follow', 'Follower.hang']);
    await change({ n: 3, slow: 1 });
    await settled(app);
    const fixed = await scrape(registry);
    expect(fixed.has('hot_config_handler_failing{handler="Follower.follow"}')).toBe(false);
    expect(fixed.get('hot_config_handler_duration_seconds_count{outcome="finished"}')).toBe(1);
  });

  it('do not name a handler after it was unsubscribed', async () => {
    const { app, change, config } = await start();
    const unsubscribe = config.onChange('n', function gone() {
      throw new Error('not now');
    });
    await change({ n: 2 });
    await settled(app);
    expect((await scrape(registry)).get('hot_config_handler_failing{handler="gone"}')).toBe(1);
    unsubscribe();
    expect((await scrape(registry)).has('hot_config_handler_failing{handler="gone"}')).toBe(false);
  });

  it('count pins by version, and show the age of the oldest pin', async () => {
    const { config, change } = await start();
    expect((await scrape(registry)).get('hot_config_oldest_pin_age_seconds')).toBe(0);
    let end!: () => void;
    const held = config.runPinned(() => new Promise<void>((resolve) => (end = resolve)));
    await change({ n: 2 });
    await config.runPinned(async () => {
      const series = await scrape(registry);
      expect(series.get('hot_config_pins{version="1"}')).toBe(1);
      expect(series.get('hot_config_pins{version="2"}')).toBe(1);
      expect(series.get('hot_config_oldest_pin_age_seconds')).toBeGreaterThan(0);
    });
    end();
    await held;
    expect([...(await scrape(registry)).keys()].filter((name) => name.startsWith('hot_config_pins'))).toEqual(
      [],
    );
  });

  it('have a limited number of series, however many versions are pinned', async () => {
    const { config, change } = await start();
    const ends: (() => void)[] = [];
    const held: Promise<void>[] = [];
    for (let n = 2; n <= 32; n += 1) {
      held.push(config.runPinned(() => new Promise<void>((resolve) => ends.push(resolve))));
      await change({ n });
    }
    const series = await scrape(registry);
    const pins = [...series].filter(([name]) => name.startsWith('hot_config_pins'));
    expect(pins).toHaveLength(21);
    expect(series.get('hot_config_pins{version="31"}')).toBe(1);
    expect(series.get('hot_config_pins{version="other"}')).toBe(11);
    for (const end of ends) end();
    await Promise.all(held);
  });

  it('count components that are built, in use after their replacement, and disposed', async () => {
    const pool = refreshable({ provide: 'pool', on: 'n', useFactory: () => ({}) });
    const { config, change } = await start({ providers: [pool] });
    let end!: () => void;
    const held = config.runPinned(() => new Promise<void>((resolve) => (end = resolve)));
    await change({ n: 2 });
    const draining = await scrape(registry);
    expect(draining.get('hot_config_refreshables_built_total')).toBe(2);
    expect(draining.get('hot_config_refreshables_draining')).toBe(1);
    end();
    await held;
    await until('it is disposed of', async () =>
      (await scrape(registry)).get('hot_config_refreshables_disposed_total'),
    );
    expect((await scrape(registry)).get('hot_config_refreshables_draining')).toBe(0);
  });

  it('show how sources are watched, and an open circuit breaker', async () => {
    const file = new TempFolder().write('app.yaml', 'm: 1');
    const health = { state: 'stale' as const, since: 0 };
    const remote = Object.assign(memory<Record<string, number>>({ n: 1 }), { health: () => health });
    const { manager, app } = await start(
      { providers: [Follower] },
      { sources: [remote], files: [file], usePolling: true, circuitBreaker: { failures: 1 } },
    );
    remote.patch({ vetoed: 1 });
    await settled(app);
    const series = await scrape(registry);
    expect(series.get('hot_config_watching')).toBe(1);
    expect(series.get('hot_config_watched_paths')).toBe(1);
    expect(series.get('hot_config_polling_paths')).toBe(1);
    expect(series.get('hot_config_breaker_open')).toBe(1);
    expect(series.get('hot_config_missed_events_total')).toBe(manager.status().missedEvents);
    await manager.disable();
    expect((await scrape(registry)).get('hot_config_watching')).toBe(0);
    expect(series.get('hot_config_sources{state="live"}')).toBe(1);
    expect(series.get('hot_config_sources{state="stale"}')).toBe(1);
    expect(series.get('hot_config_sources{state="down"}')).toBe(0);
  });

  it('show what is known of sources over a network, and of no more than 20', async () => {
    const store = memoryStore();
    const keys = Array.from({ length: 30 }, (_, index) => `app-${String(index + 1).padStart(2, '0')}.yaml`);
    for (const [index, key] of keys.entries()) await store.put(key, `n${index}: 1`);
    await start({}, { sources: keys.map((key) => stored(store, key, { interval: 20 })) });
    store.stop();
    const failures = 'hot_config_source_check_failures_total{source="memory/app-01.yaml"}';
    await until('a request fails', async () => (await scrape(registry)).get(failures)! > 0);
    const series = await scrape(registry);
    const named = (name: string) =>
      [...series.keys()].filter((key) => key.startsWith(`hot_config_source_${name}{`));
    for (const name of ['age_seconds', 'checks_total', 'check_failures_total', 'info'])
      expect(named(name)).toHaveLength(20);
    // Those that have not answered for the longest time, which may be any of them.
    const ages = named('age_seconds').map((name) => series.get(name)!);
    expect(Math.min(...ages)).toBeGreaterThanOrEqual(0);
    expect(series.get('hot_config_source_info{revision="1",source="memory/app-01.yaml"}')).toBe(1);
    expect(series.get('hot_config_source_checks_total{source="memory/app-01.yaml"}')).toBeGreaterThan(
      series.get(failures)!,
    );
  });

  it('count overrides and paths that wait for a restart', async () => {
    const { manager, change } = await start({}, { restartRequired: ['port'] });
    await manager.set('n', 7);
    await change({ n: 1, port: 2 });
    const series = await scrape(registry);
    expect(series.get('hot_config_overrides')).toBe(1);
    expect(series.get('hot_config_pending_restart_paths')).toBe(1);
  });

  it('contain no configuration values', async () => {
    const { change } = await start();
    await change({ password: 'hunter2', n: 2 });
    const text = await registry.metrics();
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain('password');
  });

  it('read the status once per scrape, and never in between', async () => {
    const { app, config, change } = await start();
    const status = vi.spyOn(app.get(HotConfigManager), 'status');
    const statusReads = vi.spyOn(findPort(app, 'a test'), 'status');
    await change({ n: 2 });
    config.get('n');
    expect(statusReads).not.toHaveBeenCalled();
    await registry.metrics();
    await registry.metrics();
    expect(statusReads).toHaveBeenCalledTimes(2);
    expect(status).not.toHaveBeenCalled();
  });
});

describe('HotConfigMetricsModule', () => {
  it('lets two apps in one process share a registry, and adds up their counts', async () => {
    const one = await start();
    const other = await start();
    await one.change({ n: 2 });
    await other.change({ n: 2 });
    await other.change({ n: 3 });
    const applied = 'hot_config_reloads_total{cause="manual",outcome="applied",stage=""}';
    const series = await scrape(registry);
    expect(series.get(applied)).toBe(3);
    expect(series.get('hot_config_reload_duration_seconds_count{outcome="applied"}')).toBe(5);
    expect(series.get('hot_config_version')).toBe(3);
    await other.app.close();
    const left = await scrape(registry);
    expect(left.get(applied)).toBe(1);
    expect(left.get('hot_config_version')).toBe(2);
    await one.app.close();
    expect(registry.getMetricsAsArray()).toEqual([]);
  });

  it.skipIf(isMissing('promtool'))('distinguishes apps by labels', async () => {
    const one = await start({}, {}, { labels: { app: 'one' } });
    await start({}, {}, { labels: { app: 'other' } });
    await one.change({ n: 2 });
    const series = await scrape(registry);
    expect(series.get('hot_config_version{app="one"}')).toBe(2);
    expect(series.get('hot_config_version{app="other"}')).toBe(1);
    expect(series.get('hot_config_reload_duration_seconds_count{app="other",outcome="applied"}')).toBe(1);
    expect(promtool(['check', 'metrics'], await registry.metrics())).toEqual({ ok: true, output: '' });
  });

  it('can be created again, also after its registry was cleared', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { app } = await start();
      await app.close();
    }
    const { app } = await start();
    registry.clear();
    await start();
    await app.close();
    expect((await scrape(registry)).get('hot_config_version')).toBe(1);
  });

  it('counts once if it is imported twice', async () => {
    const again = HotConfigMetricsModule.forRoot({ registry, prefix: 'hot_config' });
    const { change } = await start({ imports: [again] });
    await change({ n: 2 });
    const series = await scrape(registry);
    expect(series.get('hot_config_reloads_total{cause="manual",outcome="applied",stage=""}')).toBe(1);
    expect(series.get('hot_config_reload_duration_seconds_count{outcome="applied"}')).toBe(2);
  });

  it('rejects a registry that has another metric with one of its names, and accepts another prefix', async () => {
    new Counter({ name: 'hot_config_version', help: 'Something else.', registers: [registry] });
    await expect(start()).rejects.toThrow(
      'The registry already has another metric "hot_config_version". Set another prefix in HotConfigMetricsModule',
    );
    await start({}, {}, { prefix: 'gateway_config' });
    expect((await scrape(registry)).get('gateway_config_version')).toBe(1);
  });

  it('throws an error that names HotConfigModule if the app does not import it', async () => {
    @Module({ imports: [HotConfigMetricsModule.forRoot({ registry })] })
    class Alone {}
    const starting = NestFactory.createApplicationContext(Alone, { logger: false, abortOnError: false });
    await expect(starting).rejects.toThrow(
      'HotConfigMetricsModule did not find HotConfigModule: import HotConfigModule.forRoot(…) in the app',
    );
  });

  it('accepts options from a factory', async () => {
    const metrics = HotConfigMetricsModule.forRootAsync({
      useFactory: () => ({ registry, prefix: 'async' }),
    });
    await startApp({ n: 1 }, { imports: [metrics] });
    expect((await scrape(registry)).get('async_version')).toBe(1);
  });

  it('works with a registry in the OpenMetrics format', async () => {
    const open = new Registry<OpenMetricsContentType>();
    open.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const { app } = await start({}, {}, { registry: open });
    await start({}, {}, { registry: open, labels: {} });
    const text = await open.metrics();
    expect(text).toContain('hot_config_missed_events_total 0\n');
    expect(text).toContain('# TYPE hot_config_missed_events counter\n');
    expect(text.endsWith('# EOF\n')).toBe(true);
    await app.close();
    expect(await open.metrics()).toContain('hot_config_version 1\n');
  });

  it('is served by @willsoto/nestjs-prometheus, together with other metrics', async () => {
    const source = memory({ n: 1 });
    @Module({
      imports: [
        HotConfigModule.forRoot({ sources: [source] }),
        PrometheusModule.register(),
        HotConfigMetricsModule.forRoot(),
      ],
    })
    class AppModule {}
    const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
    onTestFinished(async () => {
      await app.close();
      register.clear();
    });
    await app.listen(0, '127.0.0.1');
    source.set({ n: 2 });
    await settled(app);
    const text = await (await fetch(`${await app.getUrl()}/metrics`)).text();
    expect(text).toContain('hot_config_version 2\n');
    expect(text).toContain('process_cpu_seconds_total');
    // The request itself is pinned while it is answered.
    expect(seriesIn(text).get('hot_config_pins{version="2"}')).toBe(1);
    expect(app.get<HotConfigService>(HotConfigService).get('n')).toBe(2);
  });
});
