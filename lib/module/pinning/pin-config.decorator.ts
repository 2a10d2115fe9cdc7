import { Inject } from '@nestjs/common';
import { HotConfigService } from '../../runtime/hot-config.service.js';

/** Where the service is found on whoever has a pinned method; a symbol, so that it is in nobody's way. */
const CONFIG = Symbol('nestjs-hot-config:config');

/**
 * Pins a method for its whole run: whatever it reads, and whatever it awaits reads, comes from the version that was
 * ambient when it was called, until it returns, its promise settles, or the stream it gave ends. For what no request
 * carries: cron jobs, queue consumers, event handlers, gateway connections. Called within a request, it keeps the
 * request's version, also where it outlives the request.
 *
 * Works with other decorators of the method in any order.
 *
 * @example
 * ```ts
 * @Cron('0 * * * *')
 * @PinConfig()
 * async report() {
 *   for (const target of this.config.get('report.targets')) await this.send(target, this.config.get('report.format'));
 * }
 * ```
 *
 * @publicApi
 */
export function PinConfig(): MethodDecorator {
  return (target, key, descriptor: PropertyDescriptor) => {
    // By property injection, the one way in which every instance, request-scoped ones too, comes to its own app's.
    if (!Object.hasOwn(target, CONFIG)) {
      Inject(HotConfigService)(target, CONFIG);
      Object.defineProperty(target, CONFIG, { value: undefined, writable: true, configurable: true });
    }
    const method = descriptor.value as (this: unknown, ...parameters: unknown[]) => unknown;
    const pinned = function (this: Record<symbol, HotConfigService | undefined>, ...parameters: unknown[]) {
      const config = this[CONFIG];
      const run = () => method.apply(this, parameters);
      // Without a container (a unit test that calls `new`) there is nothing to pin to.
      return config === undefined ? run() : config.runPinned(run);
    };
    descriptor.value = keepIdentity(pinned, method, String(key));
  };
}

/** Other decorators keep their metadata on the function, and frameworks look at its name and length. */
function keepIdentity(pinned: object, method: object, name: string): object {
  for (const key of Reflect.getOwnMetadataKeys(method) as unknown[]) {
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, method), pinned);
  }
  return Object.defineProperties(pinned, {
    name: { value: name, configurable: true },
    length: { value: (method as { length: number }).length, configurable: true },
  });
}
