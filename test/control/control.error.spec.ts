import { describe, expect, it } from 'vitest';
import { ControlError, failureOf } from '../../lib/control/control.error.js';
import { SecretPolicy } from '../../lib/secrets/secret-policy.js';
import { ConfigOptionsError } from '../../lib/errors/config.errors.js';

const SECRETS = new SecretPolicy();

describe('The error that a client receives', () => {
  it('has a code and a message, and never a stack', () => {
    expect(failureOf(new ControlError('BUSY', 'too much'), SECRETS)).toEqual({
      code: 'BUSY',
      message: 'too much',
    });
    expect(failureOf(new ConfigOptionsError('wrong'), SECRETS)).toEqual({
      code: 'CONFIG_OPTIONS',
      message: 'wrong',
    });
    expect(failureOf(new TypeError('x is not a function'), SECRETS)).toEqual({
      code: 'FAILED',
      message: 'x is not a function',
    });
    expect(failureOf(undefined, SECRETS)).toMatchObject({ code: 'FAILED' });
  });

  it('has no secret, whoever wrote the message', () => {
    const secrets = new SecretPolicy();
    secrets.remember({ password: 'canary-7f3a9b' });
    for (const error of [
      new ControlError('BUSY', 'not canary-7f3a9b'),
      new ConfigOptionsError('not canary-7f3a9b'),
      new TypeError('not canary-7f3a9b'),
      'not canary-7f3a9b',
    ])
      expect(failureOf(error, secrets).message).toBe('not [hidden]');
  });
});
