import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect, constants, createServer, type Http2Server, type Http2ServerResponse } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Outcome } from '../../lib/pinning/outcome-counters.js';
import { outcomeOf } from '../../lib/pinning/http-outcome.js';

/** Sends a request over HTTP/2. Returns the outcome at the end of its response. */
async function outcomeOver(
  answer: (response: Http2ServerResponse, abort: () => void) => void,
): Promise<Outcome> {
  const server: Http2Server = createServer();
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => session.destroy());
  return new Promise((resolve) => {
    server.on('request', (_request, response) => {
      response.on('close', () => resolve(outcomeOf(response as unknown as ServerResponse)));
      answer(response, () => stream.close(constants.NGHTTP2_CANCEL));
    });
    const stream = session.request().on('error', () => undefined);
    stream.resume();
  });
}

describe('The outcome of a request over HTTP/2', () => {
  it.each<[string, Outcome, Parameters<typeof outcomeOver>[0]]>([
    ['a response that is complete', 'succeeded', (response) => void response.end('answer')],
    ['an error of the server', 'failed', (response) => void response.writeHead(500).end()],
    ['a client that disconnects before the answer', undefined, (_response, abort) => abort()],
    [
      'a client that disconnects during the answer',
      undefined,
      (response, abort) => {
        response.write('a part');
        abort();
      },
    ],
  ])('of %s is %s', async (_, outcome, answer) => {
    expect(await outcomeOver(answer)).toBe(outcome);
  });
});
