import { HotConfigError } from '../model/hot-config.error.js';
import { reasonOf } from '../util/reason-of.js';

/** What was not foreseen (a schema class whose constructor throws, a cyclic value) is a rejection like any other. */
export function toHotConfigError(thrown: unknown): HotConfigError {
  if (thrown instanceof HotConfigError) return thrown;
  const message = reasonOf(thrown);
  return new HotConfigError(message, 'CONFIG_UNEXPECTED', undefined, [{ path: '', message }], {
    cause: thrown,
  });
}
