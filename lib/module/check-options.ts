import { types } from 'node:util';
import { ConfigService } from '@nestjs/config';
import { CONFIG_MODULE_OPTIONS } from '../compat/nestjs-config/environment-options.js';
import { ConfigOptionsError } from '../errors/config.errors.js';
import { HotConfigManager } from '../runtime/hot-config.manager.js';
import { HotConfigService } from '../runtime/hot-config.service.js';
import type { HotConfigModuleOptions } from '../runtime/module-options.interface.js';
import type { ControlHttpOptions, ControlOptions } from '../runtime/control-options.interface.js';
import type { HistoryOptions } from '../history/history-options.js';
import type { InterpolateOptions } from '../interpolation/interpolate-options.js';
import type { RequestVersionOptions } from '../pinning/request-version.js';
import type { CircuitBreakerOptions } from '../auto-reload/circuit-breaker.js';
import type { ProbationOptions } from '../probation/probation-options.js';
import type { RateLimitOptions } from '../auto-reload/rate-limit.js';
import type { ContentLimits } from '../limits/content-limits.js';
import { describeValue } from '../secrets/describe-value.js';
import { checkNamespaceOptions } from '../compat/nestjs-config/namespace-options.js';
import { keysOfPlace } from '../sources/contract/mount.js';
import { isClass } from '../validation/schema-of.js';
import {
  number,
  anyValue,
  type Check,
  count,
  delay,
  duration,
  literalOr,
  boolean,
  func,
  hasMember,
  isFunction,
  isPattern,
  isSource,
  isString,
  arrayOf,
  custom,
  oneOf,
  string,
} from '../options/checks.js';
import { strictObject } from '../options/strict-object.js';

const limits = strictObject<ContentLimits>({
  maxFileSize: number,
  maxTotalSize: number,
  maxDepth: number,
  maxKeys: number,
  maxEntries: number,
  maxImports: number,
  maxAliasCount: number,
});

const history = strictObject<HistoryOptions>({
  max: count,
  dir: string,
  maxAge: anyValue, // checked by createVersionStore()
  maxBytes: count,
  key: secret('a string or bytes', (value) => isString(value) || types.isUint8Array(value)),
});

const probation = strictObject<ProbationOptions>(
  {
    for: duration,
    healthCheck: func,
    interval: duration,
    timeout: duration,
    failures: count,
    maxErrorRate: number,
    minRequests: count,
  },
  ['for'],
);

const control = strictObject<ControlOptions>({
  enabled: boolean,
  name: string,
  socketDir: literalOr([false], string),
  // The token comes from the environment and may be missing: then the port stays closed, and the app runs.
  http: strictObject<ControlHttpOptions>(
    { port: number, host: string, token: secret('a string', isString) },
    ['port'],
  ),
});

const uncheckedOptions = Object.fromEntries(
  CONFIG_MODULE_OPTIONS.map((name) => [name, anyValue]),
) as Readonly<Record<(typeof CONFIG_MODULE_OPTIONS)[number], Check>>;

const checkOptions = strictObject<HotConfigModuleOptions>({
  files: arrayOf('paths', isString),
  sources: arrayOf('sources such as file(…)', isSource),
  schema: anyValue, // checked by schemaOf()
  validators: arrayOf('functions', isFunction),
  unknownKeys: oneOf('allow', 'warn', 'reject'),
  conversions: oneOf('refuse', 'warn', 'allow'),
  restartRequired: arrayOf('patterns', isPattern),
  onRestartRequired: oneOf('hold', 'reject'),
  enabled: boolean,
  reloadOnSighup: boolean,
  environments: arrayOf('strings', isString),
  debounce: delay,
  maxWait: delay,
  usePolling: boolean,
  pollInterval: delay,
  safetyPoll: delay,
  settleTimeout: delay,
  circuitBreaker: literalOr(
    [false],
    strictObject<CircuitBreakerOptions>({ failures: count, delay, maxDelay: delay }),
  ),
  rateLimit: strictObject<RateLimitOptions>({ max: count, per: delay }, ['max']),
  pinning: boolean,
  afterPinEnd: oneOf('release', 'keep'),
  pinWarnAfter: delay,
  requestVersion: strictObject<RequestVersionOptions>({ header: string, allow: func }, ['header', 'allow']),
  probation,
  history,
  onInvalidBoot: oneOf('fail', 'lastKnownGood'),
  secrets: arrayOf('patterns', isPattern),
  formats: arrayOf('formats such as registerFormat(…)', isFormat),
  interpolate: literalOr(
    [true, false],
    strictObject<InterpolateOptions>({
      environment: arrayOf("names of variables, or patterns such as 'APP_*'", isVariablePattern),
      keys: boolean,
    }),
  ),
  limits,
  control: literalOr([true, false], control),
  isGlobal: boolean,
  // Options of `@nestjs/config`: accepted as loosely as by that package.
  ...uncheckedOptions,
  envFilePath: literalOr(
    [''],
    custom('a path, or a list of paths', (value) => [value].flat().every(isString)),
  ),
  load: arrayOf('factories, or promises of them', isFactory),
  parser: func,
  validate: func,
});

type CheckedOptions = Pick<
  HotConfigModuleOptions,
  'onInvalidBoot' | 'history' | 'pinning' | 'requestVersion'
> & {
  readonly probation?: Pick<ProbationOptions, 'maxErrorRate'> & { readonly healthCheck?: unknown };
};

/** @throws ConfigOptionsError if an option of the module is unknown or invalid */
export function checkModuleOptions(options: CheckedOptions): void {
  checkOptions(options, '', '');
  if (options.onInvalidBoot === 'lastKnownGood' && options.history?.dir === undefined)
    throw new ConfigOptionsError(
      'The option "onInvalidBoot" is "lastKnownGood", which requires "history.dir", the directory of the stored versions',
    );
  if (options.pinning === false) checkWithoutPins(options);
}

/** Without pins, requests cannot choose a version, and nobody knows which version a failed request has read. */
function checkWithoutPins({ requestVersion, probation }: CheckedOptions): void {
  const needsPins = requestVersion
    ? 'requestVersion'
    : probation?.maxErrorRate !== undefined && 'probation.maxErrorRate';
  if (needsPins)
    throw new ConfigOptionsError(
      `The option "${needsPins}" needs pinned requests, but the option "pinning" is false: remove one of them`,
    );
  if (probation && probation.healthCheck === undefined)
    throw new ConfigOptionsError(
      'The option "probation" has no "healthCheck", and the errors of requests are not counted, because the option ' +
        '"pinning" is false: add a "healthCheck", or remove one of them',
    );
}

/**
 * @throws ConfigOptionsError if not exactly one way to create the options is given, or it needs the configuration that
 * they describe
 */
export function checkAsyncOptions(options: unknown): void {
  const ways = ['useFactory', 'useClass', 'useExisting'];
  const members = Object(options) as Readonly<Record<string, unknown>>;
  const given = ways.filter((way) => members[way] !== undefined);
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none' : given.join(' and ');
    throw new ConfigOptionsError(`forRootAsync() takes exactly one of ${ways.join(', ')}, but got ${found}`);
  }
  const tokens = [members['inject'] ?? []]
    .flat()
    .map((token): unknown => (Object(token) as { readonly token?: unknown }).token ?? token);
  const own = [ConfigService, HotConfigService, HotConfigManager].find((type) => tokens.includes(type));
  if (own !== undefined)
    throw new ConfigOptionsError(
      `forRootAsync() cannot inject ${own.name}, which reads the configuration that the options describe: ` +
        'read process.env in the factory instead',
    );
}

/**
 * @throws ConfigOptionsError if it is neither a class with a path nor a factory, or an option is invalid. If files import
 * each other, the class is undefined.
 */
export function checkFeature(typeOrFactory: unknown, path: unknown, options: unknown): void {
  if (typeof typeOrFactory !== 'function')
    throw new ConfigOptionsError(
      `forFeature() takes a class or a factory, not ${describeValue([], typeOrFactory)}` +
        (typeOrFactory === undefined ? ': do two files import each other?' : ''),
    );
  if (path === undefined && isClass(typeOrFactory))
    throw new ConfigOptionsError(
      `forFeature(${typeOrFactory.name}) needs the path of the values of that class, such as 'llm'`,
    );
  if (typeof path === 'object')
    throw new ConfigOptionsError(
      'forFeature() takes options after a class and a path; pass the schema of a factory to registerAs(name, factory, { schema })',
    );
  if (path !== undefined && typeof path !== 'string')
    throw new ConfigOptionsError(`forFeature() takes a path such as 'llm', not ${describeValue([], path)}`);
  if (options === undefined) return;
  checkNamespaceOptions(options, 'forFeature()');
  if (path !== undefined && keysOfPlace(path) === undefined)
    throw new ConfigOptionsError(
      `forFeature() takes a path such as 'llm' or 'servers.main', but '${path}' is not one`,
    );
}

/** The error does not contain the value, because that is a key or a part of one. */
function secret(expected: string, isValid: (value: unknown) => boolean): Check {
  return (value, name) => {
    if (!isValid(value)) throw new ConfigOptionsError(`The option "${name}" must be ${expected}`);
  };
}

function isFormat(value: unknown): boolean {
  return hasMember(value, 'parse', 'function') && hasMember(value, 'name', 'string');
}

function isFactory(value: unknown): boolean {
  return isFunction(value) || hasMember(value, 'then', 'function');
}

function isVariablePattern(value: unknown): boolean {
  return isString(value) && /^[\w*]+$/.test(value);
}
