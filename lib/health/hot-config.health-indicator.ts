import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { findPort } from '../module/find-port.js';
import type { ConfigProblemKind } from '../runtime/config-problem.interface.js';
import { degraded } from './degraded.js';

/**
 * Options of `HotConfigHealthIndicator.check()`.
 *
 * @publicApi
 */
export interface HotConfigHealthOptions {
  /**
   * Problems that make the check fail with `down`. All others pass it as `degraded`. Default: none, because the app
   * serves from the last good configuration in any case.
   */
  readonly down?: readonly ConfigProblemKind[];
}

/**
 * Health indicator for `@nestjs/terminus`. The result is `up`, or `degraded` if there is a problem, for example while
 * the last good configuration is served, or `down` for the problems that the check lists. Terminus 11 has no `degraded`:
 * there it is `up`, with `degraded: true`. Add it to `providers`.
 *
 * @example
 * With `@Get('health') @HealthCheck()` above this method:
 * ```ts
 * check() {
 *   return this.health.check([() => this.config.check('config')]);
 * }
 * ```
 *
 * @publicApi
 */
@Injectable()
export class HotConfigHealthIndicator {
  /** @internal */
  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly indicators: HealthIndicatorService,
  ) {}

  /**
   * Returns the current health of the configuration, without values. Makes no requests to other processes.
   *
   * @param key the key in the response
   * @param options the problems that make the check fail
   * @throws ConfigOptionsError if the app has no `HotConfigModule`
   */
  check<const Key extends string>(
    key: Key,
    { down = [] }: HotConfigHealthOptions = {},
  ): HealthIndicatorResult<Key> {
    const { version, since, problems } = findPort(this.moduleRef, 'HotConfigHealthIndicator').status();
    const indicator = this.indicators.check(key);
    if (problems.length === 0) return indicator.up({ version, since });
    const details = {
      version,
      since,
      problems: Object.fromEntries(problems.map(({ kind, message }) => [kind, message])),
    };
    return problems.some(({ kind }) => down.includes(kind))
      ? indicator.down(details)
      : degraded(indicator, details);
  }
}
