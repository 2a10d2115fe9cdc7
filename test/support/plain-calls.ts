import type { AppCalls } from '../../lib/model/app-call.js';

/** Calls code of the app without an async context, for parts that a test makes without the others. */
export const plainCalls: AppCalls = {
  current: undefined,
  run: (_label, _waiters, fn) => fn(),
  measure: (_name, fn) => fn(),
  runIn: (_call, fn) => fn(),
};
