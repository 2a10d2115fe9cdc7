import { Inject } from '@nestjs/common';
import { HotConfigService } from '../../runtime/hot-config.service.js';
import { copyMetadata } from '../../util/copy-metadata.js';

/** The property that holds the service in a class with a pinned method; a symbol, so that it conflicts with no name. */
const CONFIG = Symbol('nestjs-hot-config:config');

/**
 * Pins a method to one version: all that it reads, and all that the functions it awaits read, comes from the version at
 * the time of the call, until it returns, its promise settles, or the stream it returns ends. For code outside of
 * requests: cron jobs, queue consumers, event handlers, gateway connections. Called within a request, it keeps the
 * version of the request, even after the request has ended.
 *
 * Can be combined with other decorators of the method in any order.
 *
 * @example
 * With `@Cron('0 * * * *') @PinConfig()` above this method:
 * ```ts
 * async report() {
 *   for (const target of this.config.get('report.targets')) await this.send(target, this.config.get('report.format'));
 * }
 * ```
 *
 * @publicApi
 */
export function PinConfig(): MethodDecorator {
  return (target, key, descriptor: PropertyDescriptor) => {
    // Property injection is the only way for every instance, also a request-scoped one, to get the service of its app.
    if (!Object.hasOwn(target, CONFIG)) {
      Inject(HotConfigService)(target, CONFIG);
      Object.defineProperty(target, CONFIG, { value: undefined, writable: true, configurable: true });
    }
    const method = descriptor.value as (this: unknown, ...parameters: unknown[]) => unknown;
    const pinned = function (this: Record<symbol, HotConfigService | undefined>, ...parameters: unknown[]) {
      const config = this[CONFIG];
      const run = () => method.apply(this, parameters);
      // Without a container, as in a unit test that calls `new`, there is no configuration to pin to.
      return config === undefined ? run() : config.runPinned(run);
    };
    descriptor.value = keepIdentity(pinned, method, String(key));
  };
}

/** Copies the metadata that other decorators keep on the function, and the name and length that frameworks read. */
function keepIdentity(pinned: object, method: object, name: string): object {
  copyMetadata(method, pinned);
  return Object.defineProperties(pinned, {
    name: { value: name, configurable: true },
    length: { value: (method as { length: number }).length, configurable: true },
  });
}
