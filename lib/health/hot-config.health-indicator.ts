import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { findRuntime } from '../module/find-runtime.js';
import { type ConfigProblemKind, problemsOf } from '../runtime/problems.js';

/**
 * Options of one check.
 *
 * @publicApi
 */
export interface HotConfigHealthOptions {
  /**
   * What counts as down, so that the check fails, instead of as degraded, which it passes. Default: nothing, because the
   * app serves from the last good configuration in any case.
   */
  readonly down?: readonly ConfigProblemKind[];
}

/**
 * Tells `@nestjs/terminus` how configuration stands: `up`; `degraded` while the last good configuration is served, or
 * something else should be looked at; `down` only where the check says so. To be named in `providers`.
 *
 * @example
 * ```ts
 * @Get('health')
 * @HealthCheck()
 * check() {
 *   return this.health.check([() => this.config.check('config')]);
 * }
 * ```
 *
 * @publicApi
 */
@Injectable()
export class HotConfigHealthIndicator {
  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly indicators: HealthIndicatorService,
  ) {}

  /**
   * How configuration stands now; asks nobody outside of the process, and holds no values.
   *
   * @param key what it is called in the answer
   * @throws ConfigOptionsError where the app has no `HotConfigModule`
   */
  check<const Key extends string>(
    key: Key,
    { down = [] }: HotConfigHealthOptions = {},
  ): HealthIndicatorResult<Key> {
    const status = findRuntime(this.moduleRef, 'HotConfigHealthIndicator').status();
    const { version, since } = status;
    const indicator = this.indicators.check(key);
    const problems = problemsOf(status);
    if (problems.length === 0) return indicator.up({ version, since });
    const details = {
      version,
      since,
      problems: Object.fromEntries(problems.map(({ kind, message }) => [kind, message])),
    };
    return problems.some(({ kind }) => down.includes(kind))
      ? indicator.down(details)
      : indicator.degraded(details);
  }
}
