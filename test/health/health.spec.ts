import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import {
  HotConfigManager,
  HotConfigModule,
  type HotConfigModuleOptions,
  HotConfigService,
} from 'nestjs-hot-config';
import { HotConfigHealthIndicator } from 'nestjs-hot-config/health';
import { memory, settled } from 'nestjs-hot-config/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findPort } from '../../lib/module/find-port.js';
import { formatTime } from '../../lib/util/format-time.js';
import { majorOf } from '../support/nest-version.js';
import { TempFolder } from '../support/temp-folder.js';
import { until } from '../support/until.js';

declare module 'nestjs-hot-config' {
  interface ConfigProblemKinds {
    readonly store_lost: true;
  }
}

@Controller('health')
class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly config: HotConfigHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  ready() {
    return this.health.check([() => this.config.check('config')]);
  }

  @Get('strict')
  @HealthCheck()
  strict() {
    return this.health.check([
      () => this.config.check('config', { down: ['rejected', 'source_down', 'store_lost'] }),
    ]);
  }
}

interface Health {
  status: string;
  details: {
    config: {
      status: string;
      version: number;
      since: string;
      problems?: Record<string, string>;
      degraded?: true;
    };
  };
}

const hasDegraded = majorOf('@nestjs/terminus') >= 12;

/** Status in the response while there are problems, but no check fails. Terminus 11 has no state of its own for it. */
const DEGRADED = hasDegraded ? 'degraded' : 'ok';

async function start(options: Partial<HotConfigModuleOptions> = {}) {
  const source = memory<Record<string, unknown>>({ n: 1 });
  const health = { state: 'live' as 'live' | 'stale' | 'down', since: 0 };
  const remote = Object.assign(memory({}, { name: 'remote' }), { health: () => health });
  @Module({
    imports: [
      HotConfigModule.forRoot({
        sources: [remote, source],
        validators: [(value) => ('bad' in value ? { path: 'bad', message: 'hunter2 is bad' } : undefined)],
        ...options,
      }),
      TerminusModule.forRoot({ logger: false }),
    ],
    controllers: [HealthController],
    providers: [HotConfigHealthIndicator],
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  await app.listen(0, '127.0.0.1');
  onTestFinished(() => app.close());
  const change = async (tree: Record<string, unknown>) => {
    source.set(tree);
    await settled(app);
  };
  return { app, health, source, change };
}

async function getHealth(app: INestApplication, path = '') {
  const response = await fetch(`${await app.getUrl()}/health${path}`);
  return { code: response.status, ...((await response.json()) as Health) };
}

describe('HotConfigHealthIndicator', () => {
  it('is up while the content of the sources is in force', async () => {
    const { app } = await start();
    const { code, status, details } = await getHealth(app);
    expect({ code, status }).toEqual({ code: 200, status: 'ok' });
    expect(details.config).toEqual({ status: 'up', version: 1, since: expect.any(String) });
  });

  it('is degraded, and passes, while the last good configuration is served', async () => {
    const { app, change } = await start();
    await change({ bad: true });
    const { code, status, details } = await getHealth(app);
    expect({ code, status }).toEqual({ code: 200, status: DEGRADED });
    expect(details.config).toMatchObject({
      ...(hasDegraded ? { status: 'degraded' } : { status: 'up', degraded: true }),
      version: 1,
      problems: {
        rejected: expect.stringMatching(
          /^The content of memory is rejected at validate \(1 issue\) since [-\d]+T[:\d]+Z; version 1 stays in force$/,
        ),
      },
    });
    await change({ n: 2 });
    expect((await getHealth(app)).details.config).toEqual({
      status: 'up',
      version: 2,
      since: expect.any(String),
    });
  });

  it('is down, and fails, for the problems that the check lists', async () => {
    const { app, change, health } = await start();
    await change({ bad: true });
    expect(await getHealth(app, '/strict')).toMatchObject({ code: 503, status: 'error' });
    await change({ n: 2 });
    expect(await getHealth(app, '/strict')).toMatchObject({ code: 200, status: 'ok' });
    health.state = 'stale';
    expect(await getHealth(app, '/strict')).toMatchObject({ code: 200, status: DEGRADED });
    health.state = 'down';
    expect(await getHealth(app, '/strict')).toMatchObject({ code: 503, status: 'error' });
  });

  it('is degraded after a rollback, until the content of the sources is in force again', async () => {
    const { app, change } = await start();
    const manager = app.get(HotConfigManager);
    await change({ n: 2 });
    await manager.rollback(1);
    expect((await getHealth(app)).details.config.problems).toEqual({
      rolled_back: 'Rolled back from the content of memory',
    });
    await manager.reload({ force: true });
    expect((await getHealth(app)).status).toBe('ok');
  });

  it('is degraded while the circuit breaker is open', async () => {
    const { app, change } = await start({ circuitBreaker: { failures: 1 } });
    await change({ bad: true });
    expect((await getHealth(app)).details.config.problems).toMatchObject({
      breaker_open: expect.stringMatching(
        /^Changes that a source reports are delayed, because its content was rejected again and again: memory \(1 time; the next change is read at \S+Z\)$/,
      ),
    });
  });

  it('has one problem, and not two, if the content is rejected because a source cannot be read', async () => {
    const { app, source } = await start();
    source.fail(new Error('the disk is gone'));
    await settled(app);
    const manager = app.get(HotConfigManager);
    expect(manager.status().sources).toMatchObject([
      { name: 'remote', health: 'live' },
      { name: 'memory', health: 'stale', detail: 'could not be loaded: the disk is gone' },
    ]);
    expect(manager.status().rejection).toMatchObject({ stage: 'collect', sources: ['memory'] });
    expect(Object.keys((await getHealth(app)).details.config.problems ?? {})).toEqual(['rejected']);
  });

  it('is degraded while a source cannot be reached, and names it and since when', async () => {
    const { app, health } = await start();
    const since = formatTime(new Date(0));
    health.state = 'stale';
    expect((await getHealth(app)).details.config.problems).toEqual({
      source_stale: `Sources that could not be read lately: remote (since ${since})`,
    });
    health.state = 'down';
    expect((await getHealth(app)).details.config.problems).toEqual({
      source_down: `Sources that are down: remote (since ${since})`,
    });
  });

  it('is degraded while the last call of a handler has failed, and names the handler', async () => {
    const { app, change } = await start();
    let fails = true;
    app.get<HotConfigService>(HotConfigService).onChange('n', function rebuild() {
      if (fails) throw new Error('not now');
    });
    await change({ n: 2 });
    expect((await getHealth(app)).details.config.problems).toEqual({
      handlers_failing: 'Handlers that failed on the last change: rebuild',
    });
    fails = false;
    await change({ n: 3 });
    expect((await getHealth(app)).status).toBe('ok');
  });

  it('is degraded if the app started with an earlier version, until the sources are valid again', async () => {
    const folder = new TempFolder();
    const files = [folder.write('app.yaml', 'm: 1')];
    const options = {
      files,
      history: { dir: folder.file('history') },
      onInvalidBoot: 'lastKnownGood',
    } as const;
    const { app: before } = await start(options);
    await before.close();
    folder.write('app.yaml', 'm: [');
    const { app } = await start(options);
    const { status, details } = await getHealth(app);
    expect(status).toBe(DEGRADED);
    expect(details.config.problems).toMatchObject({
      last_known_good:
        'The app started on an earlier version, because the content of the sources could not be used',
    });
    folder.replace('app.yaml', 'm: 2');
    await until('the file is in force', async () => (await getHealth(app)).status === 'ok');
  });

  it('shows the problems that parts detect, and is down for them if the check lists them', async () => {
    const { app } = await start();
    const remove = findPort(app, 'a test').problemDetectors.add('store_lost', () => 'The store is lost');
    expect(await getHealth(app)).toMatchObject({
      code: 200,
      status: DEGRADED,
      details: { config: { problems: { store_lost: 'The store is lost' } } },
    });
    expect(await getHealth(app, '/strict')).toMatchObject({ code: 503, status: 'error' });
    remove();
    expect((await getHealth(app)).status).toBe('ok');
  });

  it('shows neither values nor their positions', async () => {
    const { app, change } = await start();
    await change({ bad: true });
    expect(JSON.stringify(await getHealth(app))).not.toContain('hunter2');
  });

  it('throws an error that names HotConfigModule if the app does not import it', async () => {
    @Module({ imports: [TerminusModule], providers: [HotConfigHealthIndicator] })
    class Alone {}
    const app = await NestFactory.createApplicationContext(Alone, { logger: false, abortOnError: false });
    expect(() => app.get(HotConfigHealthIndicator).check('config')).toThrow(
      'HotConfigHealthIndicator did not find HotConfigModule',
    );
    await app.close();
  });
});
