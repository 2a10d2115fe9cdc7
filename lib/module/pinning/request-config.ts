import { Inject, Injectable, Scope } from '@nestjs/common';
import { HotConfigService } from '../../runtime/hot-config.service.js';
import type { ConfigSnapshot } from '../../model/config-snapshot.interface.js';
import type { Path, PathValue } from '../../model/path.types.js';

/**
 * The configuration of one request, to be injected. It holds the same snapshot that `HotConfigService` reads in the
 * request; it is for those who want to see the scope in the constructor. It makes whatever injects it request-scoped,
 * which costs throughput: prefer `HotConfigService`.
 *
 * @publicApi
 */
@Injectable({ scope: Scope.REQUEST })
export class RequestConfig<T extends object = Record<string, unknown>> {
  // Nothing is kept: Nest keeps request-scoped providers of a gateway for as long as the connection, and of a durable
  // tree for good, and each message and request has its own snapshot.
  constructor(@Inject(HotConfigService) private readonly config: HotConfigService<T>) {}

  /** The snapshot the request, or the message, was pinned to when it arrived. */
  get snapshot(): ConfigSnapshot<T> {
    return this.config.snapshot;
  }

  /** The whole configuration, deep-frozen. */
  get value(): T {
    return this.snapshot.value;
  }

  /** The value at `path`, typed by the path; undefined where there is none. */
  get<P extends Path<T>>(path: P): PathValue<T, P> {
    return this.snapshot.get(path) as PathValue<T, P>;
  }

  /** Whether there is a value at `path`. */
  has(path: Path<T>): boolean {
    return this.snapshot.has(path);
  }
}
