import { types } from 'node:util';
import { ConfigOptionsError } from '../errors/config.errors.js';
import type { HotConfigModuleOptions } from '../runtime/module-options.interface.js';
import type { ControlHttpOptions, ControlOptions } from '../runtime/control-options.interface.js';
import type { HistoryOptions } from '../history/history-options.js';
import type { InterpolateOptions } from '../interpolation/interpolate-options.js';
import type { RequestVersionOptions } from '../pinning/request-version.js';
import type { CircuitBreakerOptions } from '../auto-reload/circuit-breaker.js';
import type { ProbationOptions } from '../probation/probation-options.js';
import type { RateLimitOptions } from '../auto-reload/rate-limit.js';
import type { ContentLimits } from '../limits/content-limits.js';
import { describeValue } from '../secrets/secret-names.js';
import { isClass } from '../validation/schema-of.js';
import {
  amount,
  anything,
  type Check,
  count,
  delay,
  duration,
  either,
  flag,
  func,
  has,
  isFunction,
  isPattern,
  isSource,
  isText,
  listOf,
  must,
  oneOf,
  text,
} from '../options/checks.js';
import { shape } from '../options/shape.js';

const limits = shape<ContentLimits>({
  maxFileSize: amount,
  maxTotalSize: amount,
  maxDepth: amount,
  maxKeys: amount,
  maxImports: amount,
  maxAliasCount: amount,
});

const history = shape<HistoryOptions>({
  max: count,
  dir: text,
  maxAge: anything, // looked at where it is used, as is the next
  maxBytes: count,
  key: secret('a text or bytes', (value) => isText(value) || types.isUint8Array(value)),
});

const probation = shape<ProbationOptions>(
  {
    for: duration,
    healthCheck: func,
    interval: duration,
    timeout: duration,
    failures: count,
    maxErrorRate: amount,
    minRequests: count,
  },
  ['for'],
);

const control = shape<ControlOptions>({
  enabled: flag,
  name: text,
  socketDir: either([false], text),
  // The token comes from the environment, and may not be there: then the port stays closed, and the app runs.
  http: shape<ControlHttpOptions>({ port: amount, host: text, token: secret('a text', isText) }, ['port']),
});

const checkOptions = shape<HotConfigModuleOptions>({
  files: listOf('paths', isText),
  sources: listOf('sources such as file(…)', isSource),
  schema: anything, // a class, a function, a schema of some library, or several
  validators: listOf('functions', isFunction),
  unknownKeys: oneOf('allow', 'warn', 'reject'),
  restartRequired: listOf('patterns', isPattern),
  onRestartRequired: oneOf('hold', 'reject'),
  enabled: flag,
  environments: listOf('texts', isText),
  debounce: delay,
  maxWait: delay,
  usePolling: flag,
  pollInterval: delay,
  safetyPoll: delay,
  settleTimeout: delay,
  circuitBreaker: either([false], shape<CircuitBreakerOptions>({ failures: count, delay, maxDelay: delay })),
  rateLimit: shape<RateLimitOptions>({ max: count, per: delay }, ['max']),
  afterPinEnd: oneOf('release', 'keep'),
  pinWarnAfter: delay,
  requestVersion: shape<RequestVersionOptions>({ header: text, allow: func }, ['header', 'allow']),
  probation,
  history,
  onInvalidBoot: oneOf('fail', 'lastKnownGood'),
  secrets: listOf('patterns', isPattern),
  formats: listOf('formats such as registerFormat(…)', isFormat),
  interpolate: either([true, false], shape<InterpolateOptions>({ env: flag, keys: flag })),
  limits,
  control: either([true, false], control),
  isGlobal: flag,
  // Those of `@nestjs/config` are taken as it takes them.
  cache: anything,
  envFilePath: either([''], must('a path, or a list of paths', isPathOrPaths)),
  expandVariables: anything,
  ignoreEnvFile: anything,
  ignoreEnvVars: anything,
  load: listOf('factories, or promises of them', isFactory),
  override: anything,
  parser: func,
  skipProcessEnv: anything,
  validate: func,
  validatePredefined: anything,
  validationOptions: anything,
  validationSchema: anything,
});

/** @throws ConfigOptionsError where options of the module make no sense, or there are none of the name */
export function checkModuleOptions(options: Pick<HotConfigModuleOptions, 'onInvalidBoot' | 'history'>): void {
  checkOptions(options, '', '');
  if (options.onInvalidBoot === 'lastKnownGood' && options.history?.dir === undefined)
    throw new ConfigOptionsError(
      'The option "onInvalidBoot" is "lastKnownGood", which needs "history.dir": where good versions are kept',
    );
}

/** @throws ConfigOptionsError where options are to be made in no way, or in several */
export function checkAsyncOptions(options: unknown): void {
  const ways = ['useFactory', 'useClass', 'useExisting'];
  const given = ways.filter(
    (way) => (Object(options) as Readonly<Record<string, unknown>>)[way] !== undefined,
  );
  if (given.length === 1) return;
  const found = given.length === 0 ? 'got none of them' : `got ${given.join(' and ')}`;
  throw new ConfigOptionsError(`forRootAsync() takes one of ${ways.join(', ')}, and ${found}`);
}

/** @throws ConfigOptionsError where there is nothing to be made a provider of, as where files import each other */
export function checkFeature(typeOrFactory: unknown, path: unknown): void {
  if (typeof typeOrFactory !== 'function')
    throw new ConfigOptionsError(
      `forFeature() takes a class or a factory, not ${describeValue([], typeOrFactory)}` +
        (typeOrFactory === undefined ? ': do two files import each other?' : ''),
    );
  if (path === undefined && isClass(typeOrFactory))
    throw new ConfigOptionsError(
      `forFeature(${typeOrFactory.name}) needs the path of what is to be seen as that class, such as 'llm'`,
    );
  if (path !== undefined && typeof path !== 'string')
    throw new ConfigOptionsError(`forFeature() takes a path such as 'llm', not ${describeValue([], path)}`);
}

/** What does not fit is not shown: it is a key, or a part of one. */
function secret(wanted: string, fits: (value: unknown) => boolean): Check {
  return (value, name) => {
    if (!fits(value)) throw new ConfigOptionsError(`The option "${name}" must be ${wanted}`);
  };
}

function isFormat(value: unknown): boolean {
  return has(value, 'parse', 'function') && has(value, 'name', 'string');
}

function isPathOrPaths(value: unknown): boolean {
  return [value].flat().every(isText);
}

function isFactory(value: unknown): boolean {
  return isFunction(value) || has(value, 'then', 'function');
}
