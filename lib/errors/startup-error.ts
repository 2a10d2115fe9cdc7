import type { HotConfigError } from '../model/hot-config.error.js';

/**
 * Makes `text` what is printed of an error that stops the app, in place of a stack that leads into this library and
 * nowhere else.
 */
export function replaceStack<E extends HotConfigError>(error: E, text: string): E {
  const { cause, stage } = error;
  // What a source failed of is its message; the app's own code that threw is to be found by its stack.
  error.stack = cause instanceof Error && stage !== 'collect' ? `${text}\n${cause.stack}` : text;
  return error;
}
