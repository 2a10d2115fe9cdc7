import { describe, expect, it } from 'vitest';
import { ControlError, failureOf } from '../../lib/control/control.error.js';
import { ConfigOptionsError } from '../../lib/errors/config.errors.js';

describe('The error that a client receives', () => {
  it('has a code and a message, and never a stack', () => {
    expect(failureOf(new ControlError('BUSY', 'too much'))).toEqual({ code: 'BUSY', message: 'too much' });
    expect(failureOf(new ConfigOptionsError('wrong'))).toEqual({ code: 'CONFIG_OPTIONS', message: 'wrong' });
    expect(failureOf(new TypeError('x is not a function'))).toEqual({
      code: 'FAILED',
      message: 'x is not a function',
    });
    expect(failureOf(undefined)).toMatchObject({ code: 'FAILED' });
  });
});
