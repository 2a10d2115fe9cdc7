/** Names a function or class of the app: `the validator checkLimits`. It may have no name. */
export function nameOf(kind: 'schema' | 'validator', fn: Function): string {
  return fn.name === '' ? `a ${kind}` : `the ${kind} ${fn.name}`;
}
