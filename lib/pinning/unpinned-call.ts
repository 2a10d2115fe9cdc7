import type { AppCall } from '../model/app-call.js';

/** The async context of a call of the app's code that is not pinned: it reads the current snapshot. */
export class UnpinnedCall {
  readonly snapshot = undefined;

  constructor(readonly call: AppCall) {}
}
