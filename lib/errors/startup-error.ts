import { escapeControlsKeepLines } from '../util/control-characters.js';
import type { HotConfigError } from '../model/hot-config.error.js';

/**
 * Prints `text` for an error that stops the app, in place of a stack that leads only into this library. The stack of app
 * code that threw is kept.
 */
export function replaceStack<E extends HotConfigError>(error: E, text: string): E {
  const { cause, stage } = error;
  // The cause of a failed source is already in its message.
  const stack = cause instanceof Error && stage !== 'collect' ? `${text}\n${stackAfter(text, cause)}` : text;
  error.stack = escapeControlsKeepLines(stack);
  return error;
}

/** Returns the stack of a cause, without its message if `text` has it already. */
function stackAfter(text: string, cause: Error): string {
  const stack = String(cause.stack);
  const firstFrame = stack.indexOf('\n    at ');
  return firstFrame !== -1 && text.includes(cause.message) ? stack.slice(firstFrame + 1) : stack;
}
