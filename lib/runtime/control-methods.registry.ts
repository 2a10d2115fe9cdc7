import type { ControlMethod } from './control-method.interface.js';
import { NamedRegistry } from './named-registry.js';

/** The name of a part and that of its method. The names of built-in methods have no dot, so that the two cannot collide. */
const NAME = /^[a-z][a-zA-Z]*\.[a-z][a-zA-Z]*$/;

/** Creates the registry of the methods that parts outside of the core add to the control channel. */
export function controlMethodRegistry(): NamedRegistry<ControlMethod> {
  return new NamedRegistry('control method', (name) =>
    NAME.test(name) ? undefined : "a method is named like 'fleet.status'",
  );
}
