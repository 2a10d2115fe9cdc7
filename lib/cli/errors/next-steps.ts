import type { ControlErrorCode } from '../../control/protocol.js';
import type { HotConfigErrorCode } from '../../model/error-code.js';

const UPGRADE =
  'Upgrade nestjs-hot-config in the app, or use its command: run npx hot-config in the folder of the app.';

const NEXT_STEPS: Readonly<Partial<Record<ControlErrorCode | HotConfigErrorCode, string>>> = {
  UNAUTHORIZED:
    'Set HOT_CONFIG_TOKEN or --token-file to the token of the app (its option control.http.token).',
  TOO_MANY_CLIENTS: 'Close other hot-config commands, for example watch, or retry in a minute.',
  BUSY: 'Retry in a moment.',
  RATE_LIMITED: 'Several secrets can be set at once, as one object: hot-config set PATH {"a": …, "b": …}',
  UNKNOWN_METHOD: UPGRADE,
  UNKNOWN_PARAM: UPGRADE,
  ANSWER_TOO_LARGE: 'Request a part of it: hot-config get PATH',
  CONFIG_MISSING_KEY: 'List all values: hot-config get',
  NO_VALUE: 'List all values: hot-config get',
  CONFIG_ROLLBACK: 'List the kept versions: hot-config history',
  CONFIG_VETO:
    'A @BeforeConfigChange method or a component of the app refused the change. The log of the app may have details.',
};

/** Returns the next step after an error of an app, for the operator; undefined if there is no advice. */
export function nextStepAfter(errorCode: string): string | undefined {
  return Object.hasOwn(NEXT_STEPS, errorCode) ? NEXT_STEPS[errorCode as keyof typeof NEXT_STEPS] : undefined;
}
