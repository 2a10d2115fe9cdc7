import type { HotConfigError } from './hot-config.error.js';

/**
 * Makes `text` what is printed of an error that stops the app, in place of a stack that leads into this library and
 * nowhere else. Of what nobody foresaw, the stack of the cause says where to look.
 */
export function shownAs<E extends HotConfigError>(error: E, text: string): E {
  const isUnexpected = error.code === 'CONFIG_UNEXPECTED' && error.cause instanceof Error;
  error.stack = isUnexpected ? `${text}\n${(error.cause as Error).stack}` : text;
  return error;
}
