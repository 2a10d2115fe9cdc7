import { Inject, Injectable, Scope } from '@nestjs/common';
import { HotConfigService } from '../../runtime/hot-config.service.js';
import type { ConfigValueOf } from '../../model/config-value.types.js';
import type { ConfigSnapshot } from '../../model/config-snapshot.interface.js';
import type { AnyPath, IfNotKnown, IfUntyped, TypedPath } from '../../model/path-argument.types.js';
import type { Path, PathValue } from '../../model/path.types.js';

/**
 * Injectable configuration of one request. It has the same snapshot that `HotConfigService` reads in the request, but
 * makes the scope visible in the constructor. Every provider that injects it becomes request-scoped, which costs
 * throughput: prefer `HotConfigService`. Nest 11 injects nothing into a request-scoped gateway of WebSockets: inject
 * `HotConfigService` into one that is not request-scoped.
 *
 * @publicApi
 */
@Injectable({ scope: Scope.REQUEST })
export class RequestConfig<T extends object = Record<string, unknown>> {
  // It stores no snapshot: Nest keeps request-scoped providers of a gateway as long as the connection, and those of a
  // durable tree for ever, but each message and request has its own snapshot.
  /** @internal */
  constructor(@Inject(HotConfigService) private readonly config: HotConfigService<T>) {}

  /** The snapshot that the request or message was pinned to when it arrived. */
  get snapshot(): ConfigSnapshot<T> {
    return this.config.snapshot;
  }

  /** The whole configuration, deep-frozen. */
  get value(): ConfigValueOf<T> {
    return this.snapshot.value;
  }

  /** Returns the value at `path`; undefined if there is no value. */
  get<V = unknown>(...path: IfUntyped<T, [path: string]>): V;
  /** Returns the value at `path`, typed by the path; undefined if there is no value. */
  get<P extends Path<T>>(...path: IfNotKnown<T, [path: P]>): ConfigValueOf<PathValue<T, P>>;
  /** Returns the value at `path`, typed by the path; undefined if there is no value. */
  get<P extends string = Path<T>>(path: TypedPath<T, P>): ConfigValueOf<PathValue<T, P>>;
  get(...[path]: string[]): unknown {
    return this.snapshot.get(path as string);
  }

  /** Checks whether there is a value at `path`. */
  has(...path: IfNotKnown<T, [path: AnyPath<T>]>): boolean;
  /** Checks whether there is a value at `path`. */
  has<P extends string = Path<T>>(path: TypedPath<T, P>): boolean;
  has(...[path]: string[]): boolean {
    return this.snapshot.has(path as string);
  }
}
