import { HttpRemote } from '../../../lib/remote/http/http.remote.js';
import type { HttpRequestOptions } from '../../../lib/remote/http/http-options.js';
import type { ReadRequest, RemoteAnswer } from '../../../lib/remote/contract/remote.interface.js';
import { onTestFinished } from 'vitest';

/** A remote that is read as a source reads it: with the revision of its last content. */
export interface Reader {
  readonly remote: HttpRemote;
  /** Reads once; resolves to the text of the content, or to `unchanged` or `absent`. */
  read(request?: Partial<ReadRequest>): Promise<string>;
  /** Reads once; resolves to the reason why that fails. */
  failure(request?: Partial<ReadRequest>): Promise<string>;
  /** The last content. */
  last: Exclude<RemoteAnswer, string> | undefined;
}

export function readerOf(address: string, options: HttpRequestOptions = {}): Reader {
  const remote = new HttpRemote(address, options);
  onTestFinished(() => remote.close());
  const reader: Reader = {
    remote,
    last: undefined,
    read: async (request = {}) => {
      const { signal } = new AbortController();
      const known = reader.last?.revision;
      const answer = await remote.read({ known, wait: false, maxBytes: 10_000, signal, ...request });
      if (typeof answer === 'string') return answer;
      reader.last = answer;
      return String(answer.bytes);
    },
    failure: (request) =>
      reader.read(request).then(
        (answer) => `no failure, but ${answer}`,
        (error: Error) => error.message,
      ),
  };
  return reader;
}
