import assert from 'node:assert/strict';

/** The request of a load, as its bytes. */
export const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';

const BODY = '{"timeout":30}';

/** Checks whether the answer has been received completely; throws for any other answer. */
export function isAnswer(received: string): boolean {
  if (!received.endsWith(BODY)) return false;
  assert(received.startsWith('HTTP/1.1 200 '), received);
  return true;
}
