import type { DynamicModule, Type } from '@nestjs/common';
import type { ConfigIssue } from '../model/config-issue.interface.js';
import { HotConfigError } from '../model/hot-config.error.js';
import { HOT_CONFIG_OPTIONS } from '../model/tokens.js';
import type { HotConfigRuntime } from '../runtime/hot-config.runtime.js';
import type { HotConfigModuleOptions } from '../runtime/module-options.interface.js';
import type { Redacted } from '../secrets/redacted.js';
import { isInstance } from '../util/is-instance.js';
import { createRuntime } from './boot.js';
import { checkOneCopy } from './one-copy.js';
import { createValue, previewModules } from './preview.js';

/** The root module of an app: what `imports` of a module may have. */
export type AppModule = Type<unknown> | DynamicModule;

/** The result of the validation of an app. */
export interface AppReport {
  readonly valid: boolean;
  /** The errors; if it is valid, the warnings. */
  readonly issues: readonly ConfigIssue[];
  /** The names of the sources, the lowest precedence first. Absent if they are not known. */
  readonly sources?: readonly string[];
  /** The values that would be in force, with their secrets redacted. Absent if it is not valid. */
  readonly value?: Redacted<unknown>;
}

/**
 * Checks the configuration of an app as its start does: with its sources, schemas, namespaces and environment. The app
 * itself does not run, so its components and the methods that may refuse a change have no say. Nothing is watched, and no
 * version is read from disk or written.
 *
 * @param appModule the root module of the app
 * @returns undefined if neither it nor a module that it imports is a `HotConfigModule`
 */
export async function validateApp(appModule: AppModule): Promise<AppReport | undefined> {
  const log: string[] = [];
  let runtime: HotConfigRuntime | undefined;
  try {
    runtime = await runtimeOf(appModule, log);
    return runtime && (await boot(runtime, log));
  } catch (error) {
    if (!isInstance(error, HotConfigError)) throw error;
    const sources = namesOf(runtime);
    return { valid: false, issues: issuesOf(error), ...(sources && { sources }) };
  } finally {
    await runtime?.stop();
  }
}

/** @param log receives the warnings that the app would log */
async function runtimeOf(appModule: AppModule, log: string[]): Promise<HotConfigRuntime | undefined> {
  const modules = await previewModules(appModule);
  // Those of the first forRoot(): the runtime merges those of others.
  const [declared] = [...modules.values()].flatMap(
    ({ providers }) => providers.get(HOT_CONFIG_OPTIONS) ?? [],
  );
  checkOneCopy();
  if (declared === undefined) return undefined;
  const options = (await createValue(declared)) as HotConfigModuleOptions;
  const warn = (line: string) => void log.push(line);
  return createRuntime(modules, options, { log: () => undefined, warn, error: warn }, withoutDisk);
}

/** The versions on disk belong to the running app. */
function withoutDisk({ history, ...options }: HotConfigModuleOptions): HotConfigModuleOptions {
  const { dir: _dir, ...kept } = history ?? {};
  return { ...options, history: kept, onInvalidBoot: 'fail' };
}

async function boot(runtime: HotConfigRuntime, log: readonly string[]): Promise<AppReport> {
  let warnings: readonly ConfigIssue[] = [];
  runtime.observers.add({ ended: ({ issues }) => void (warnings = issues) });
  await runtime.boot();
  const others = log.filter((line) => !warnings.some(({ message }) => line.includes(message)));
  const { snapshot, secrets } = runtime;
  const value = secrets.redactAsJson(snapshot.value);
  return {
    valid: true,
    issues: [...warnings, ...others.map((message) => ({ path: '', message }))],
    sources: namesOf(runtime)!,
    ...(value !== undefined && { value }),
  };
}

function namesOf(runtime: HotConfigRuntime | undefined): readonly string[] | undefined {
  return runtime?.core.sources.all.map(({ name }) => name);
}

function issuesOf({ issues, summary }: HotConfigError): readonly ConfigIssue[] {
  return issues.length > 0 ? issues : [{ path: '', message: summary }];
}
