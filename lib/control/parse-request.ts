import { reasonOf } from '../util/reason-of.js';
import { isPlainObject } from '../util/branches.js';
import { ControlError } from './control.error.js';
import type { ControlRequest } from './protocol.js';

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The request in a line.
 *
 * @throws ControlError where there is none
 */
export function parseRequest(line: Uint8Array): ControlRequest {
  const message = parse(line);
  if (!isPlainObject(message)) throw malformed('it is not an object');
  const { id, method, params = {} } = message;
  if (!Number.isSafeInteger(id)) throw malformed('its "id" is not a whole number');
  if (typeof method !== 'string') throw malformed('its "method" is not a text');
  if (!isPlainObject(params)) throw malformed('its "params" are not an object');
  return { id: id as number, method, params };
}

function parse(line: Uint8Array): unknown {
  try {
    return JSON.parse(UTF_8.decode(line));
  } catch (error) {
    throw malformed(reasonOf(error));
  }
}

function malformed(why: string): ControlError {
  return new ControlError('MALFORMED', `a message is no request in JSON: ${why}`);
}
