import { describeNetworkError } from '../../connection/network-error.js';
import { HotConfigError } from '../../model/hot-config.error.js';
import { isInstance } from '../../util/is-instance.js';
import { ConfigStoreError, type ConfigStoreFailure } from '../contract/config-store.error.js';
import { IS_REPLICA, NO_PASSWORD, WRONG_PASSWORD } from '../contract/problems.js';

/** Answers of Redis, by their first word. Each text continues the name of the store. */
const ANSWERS: Readonly<Record<string, readonly [ConfigStoreFailure, string]>> = {
  NOAUTH: ['denied', NO_PASSWORD],
  WRONGPASS: ['denied', WRONG_PASSWORD],
  NOPERM: ['denied', 'does not allow this user what the store needs: correct its permissions (ACL)'],
  DENIED: ['denied', 'serves its own machine only (protected mode): give it a password'],
  OOM: ['full', 'has no memory left: raise its "maxmemory", or delete something'],
  MISCONF: ['full', 'cannot write to its disk, and refuses writes: free space there, and look into its log'],
  READONLY: ['refused', IS_REPLICA],
  LOADING: ['refused', 'is loading its data after a start: wait'],
  MASTERDOWN: ['refused', 'is a replica that has lost its master: use the address of the master'],
  NOREPLICAS: ['refused', 'has too few replicas for a write ("min-replicas-to-write")'],
  BUSY: ['refused', 'is busy with a script of another client: wait, or end that with SCRIPT KILL'],
  MAXCLIENTS: ['refused', 'has as many clients as it allows: raise its "maxclients"'],
  MOVED: ['refused', 'is a Redis Cluster, which is not supported: use one server, or Sentinel'],
  CROSSSLOT: ['refused', 'is a Redis Cluster, which is not supported: use one server, or Sentinel'],
  TOOLONG: ['unusable', 'has a value that is longer than 4 MiB'],
  WRONGTYPE: ['unusable', 'has a value that is not a string: delete the key, and set it again'],
};

/** Answers without a word of their own, by their content. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/max number of clients/i, 'MAXCLIENTS'],
  [/can't run this command|no permission/i, 'NOPERM'],
  [/invalid password|without any password/i, 'WRONGPASS'],
];

/** Returns the first word with which Redis has answered, such as `NOSCRIPT`; undefined if it has not. */
export function answerOf(error: unknown): string | undefined {
  const { name, message = '' } = error as Partial<Error>;
  if (name === 'ReplyError') return codeOf(message);
  // Redis refuses the connection before the driver has asked for anything.
  const refusal = /^Command queue state error.* Last error: (.*)/.exec(message)?.[1];
  return refusal === undefined ? undefined : codeOf(refusal);
}

/** Returns the first word of an answer; for an error in a script, that of the command there. */
function codeOf(answer: string): string {
  const code = /^([A-Z]{3,})/.exec(answer)?.[1] ?? 'ERR';
  if (code !== 'ERR') return code;
  const inScript = /user_script: ?\d+: -?([A-Z]{3,})/.exec(answer)?.[1];
  return inScript ?? TEXTS.find(([text]) => text.test(answer))?.[1] ?? code;
}

/**
 * Returns the error that a caller is told, without what Redis or the driver wrote, and without a cause: these may have a
 * value or a credential.
 */
export function toStoreError(error: unknown, store: string): ConfigStoreError {
  if (isInstance(error, ConfigStoreError)) return error;
  // A file with a password or a certificate that cannot be read.
  if (isInstance(error, HotConfigError))
    return new ConfigStoreError(`${store} cannot be asked: ${error.message}`, 'denied');
  const answer = answerOf(error);
  if (answer === undefined) return new ConfigStoreError(`${store} ${unreachable(error)}`, 'unreachable');
  const [failure, text] = ANSWERS[answer] ?? ['refused', `does not do it, and answers ${answer}`];
  return new ConfigStoreError(`${store} ${text}`, failure);
}

function unreachable(error: unknown): string {
  const { message = '' } = error as Partial<Error>;
  if (message.startsWith('All sentinels'))
    return 'is named by none of its Sentinels: look whether they run, and know it';
  if (/^Connection is closed|^Command aborted/.test(message)) return 'has closed the connection';
  return describeNetworkError(error);
}
