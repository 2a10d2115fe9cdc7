import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { type LoggerService, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule } from '@nestjs/event-emitter';
import { TerminusModule } from '@nestjs/terminus';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  HotConfigManager,
  HotConfigModule,
  type HotConfigModuleOptions,
  HotConfigService,
} from 'nestjs-hot-config';
import { HotConfigHealthIndicator } from 'nestjs-hot-config/health';
import { HotConfigMetricsModule } from 'nestjs-hot-config/metrics';
import { HotConfigOpenTelemetryModule } from 'nestjs-hot-config/metrics/opentelemetry';
import { Registry } from 'prom-client';
import { onTestFinished } from 'vitest';
import { cli, startCli } from '../../support/cli.js';
import { TempFolder } from '../../support/temp-folder.js';
import { until } from '../../support/until.js';
import { shownOf } from './canary.js';

/** What every app here calls secret, besides what its name says. */
const SECRETS = ['**.plain', '**.hidden_pin'];

/** An app of which everything is kept that leaves it. */
export interface ObservedApp {
  readonly config: HotConfigService;
  readonly manager: HotConfigManager;
  readonly emitter: EventEmitter2;
  readonly logs: string[];
  /** All that left it, by where. */
  readonly outputs: () => Promise<ReadonlyMap<string, string>>;
}

/** Starts an app that shows all it has: logs, events, metrics, health, versions on disk, the control channel. */
export async function observedApp(
  options: HotConfigModuleOptions,
  parts: ModuleMetadata = {},
): Promise<ObservedApp> {
  const folder = new TempFolder();
  const [socketDir, dir] = [folder.file('run'), folder.file('versions')];
  const registry = new Registry();
  const { meter, collect } = openTelemetry();
  const logs: string[] = [];

  @Module({
    ...parts,
    imports: [
      EventEmitterModule.forRoot({ wildcard: true }),
      HotConfigModule.forRoot({
        secrets: SECRETS,
        enabled: false,
        control: { enabled: true, name: 'gateway', socketDir },
        ...options,
        history: { dir, ...options.history },
      }),
      HotConfigMetricsModule.forRoot({ registry }),
      HotConfigOpenTelemetryModule.forRoot({ meter }),
      TerminusModule.forRoot({ logger: false }),
      ...(parts.imports ?? []),
    ],
    providers: [HotConfigHealthIndicator, ...(parts.providers ?? [])],
  })
  class AppModule {}

  const app = await NestFactory.createApplicationContext(AppModule, {
    logger: loggerOf(logs),
    abortOnError: false,
  });
  onTestFinished(() => app.close());
  const manager = app.get(HotConfigManager);
  const config = app.get<HotConfigService>(HotConfigService);
  const emitter = app.get(EventEmitter2, { strict: false });
  const told: unknown[] = [];
  emitter.onAny((_name, ...values: unknown[]) => told.push(...values));
  config.onChange('**', (event) => void told.push(event));
  config.changes$.subscribe((change) => told.push(change));
  const watch = startCli(['--socket-dir', socketDir, 'watch', '--json']);
  const watchTyped = startCli(['--socket-dir', socketDir, 'watch'], { terminal: true });
  await until('the watch began', () => watch.stdout.text !== '' && watchTyped.stderr.text !== '');

  const outputs = async () => {
    await manager.settled();
    const shown = new Map<string, string>([
      ['logs', logs.join('\n')],
      ['events', told.map(shownOf).join('\n')],
      ['snapshot', shownOf(config.snapshot) + shownOf(config.current)],
      ['services', inspect([config, manager, app], { depth: 6 })],
      ['status', shownOf(manager.status())],
      ['history', shownOf(manager.history())],
      ['plan', shownOf(await manager.plan())],
      ['health', await health(app.get(HotConfigHealthIndicator))],
      ['metrics', await registry.metrics()],
      ['OpenTelemetry', JSON.stringify(await collect())],
      ['watch', watch.stdout.text + watch.stderr.text + watchTyped.stdout.text + watchTyped.stderr.text],
    ]);
    for (const path of pathsOf(config.value)) shown.set(`explain ${path}`, shownOf(manager.explain(path)));
    for (const [name, text] of await diffs(manager)) shown.set(name, text);
    for (const [name, text] of await commands(socketDir, config.value)) shown.set(name, text);
    for (const [name, text] of filesIn(dir)) shown.set(name, text);
    return shown;
  };
  return { config, manager, emitter, logs, outputs };
}

function loggerOf(logs: string[]): LoggerService {
  const write = (...parts: unknown[]) => void logs.push(parts.map(shownOf).join(' '));
  return { log: write, warn: write, error: write, verbose: write, debug: write, fatal: write };
}

async function health(indicator: HotConfigHealthIndicator): Promise<string> {
  return JSON.stringify([
    indicator.check('config'),
    indicator.check('config', { down: ['rejected', 'source_down', 'handlers_failing'] }),
  ]);
}

async function diffs(manager: HotConfigManager): Promise<[string, string][]> {
  const versions = manager.history().map(({ version }) => version);
  const texts: [string, string][] = [];
  for (const from of versions) {
    for (const to of [versions.at(-1)!, 'sources' as const]) {
      try {
        const diff = await manager.diff(from, to);
        texts.push([`diff ${from} ${to}`, shownOf(diff)]);
        texts.push([`diff ${from} ${to} as text`, diff.toText() + diff.toText({ color: true })]);
        texts.push([`diff ${from} ${to} as data`, shownOf(diff.entries) + shownOf(diff.toJsonPatch())]);
      } catch (error) {
        texts.push([`diff ${from} ${to}, refused`, shownOf(error)]);
      }
    }
  }
  return texts;
}

async function commands(socketDir: string, value: object): Promise<[string, string][]> {
  const asked = [
    ...['status', 'get', 'history', 'plan', 'diff', 'schema'].map((command) => [command]),
    ['diff', '--patch'],
    ['diff', '1', 'sources'],
    ...pathsOf(value).flatMap((path) => [
      ['get', path],
      ['explain', path],
    ]),
  ];
  const texts: [string, string][] = [];
  for (const words of asked) {
    for (const [how, args, terminal] of [
      ['piped', words, false],
      ['typed', words, true],
      ['JSON', [...words, '--json'], false],
    ] as const) {
      const { stdout, stderr } = await cli(['--socket-dir', socketDir, ...args], { terminal });
      texts.push([`hot-config ${words.join(' ')}, ${how}`, stdout + stderr]);
    }
  }
  return texts;
}

/** The files of a folder, with what is compressed in them. */
function filesIn(dir: string): [string, string][] {
  return readdirSync(dir).map((name) => {
    const bytes = readFileSync(join(dir, name));
    return [name, [bytes.toString('latin1'), ...unpacked(bytes)].join('\n')];
  });
}

function unpacked(bytes: Buffer): string[] {
  try {
    return [gunzipSync(bytes.subarray(bytes.indexOf('\n') + 1)).toString()];
  } catch {
    return [];
  }
}

/** Every path of a tree, branches too. */
function pathsOf(value: unknown, above = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const path = above === '' ? key : `${above}.${key}`;
    return [path, ...pathsOf(member, path)];
  });
}

function openTelemetry() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ readers: [reader] });
  onTestFinished(() => provider.shutdown());
  const collect = async () => {
    await reader.forceFlush();
    return exporter.getMetrics().map(({ scopeMetrics }) => scopeMetrics);
  };
  return { meter: provider.getMeter('test'), collect };
}
