/** Maximum size of one message of etcd, in bytes. Its own limit for a request is 1.5 MiB, if it was not raised. */
export const MAX_MESSAGE = 16 * 1024 * 1024;

/**
 * Splits a stream of etcd into its JSON messages, one per line; the last one needs no line break. A chunk may end anywhere, also inside of a character.
 *
 * @throws Error if a message is longer than `maxBytes`, or is not JSON
 */
export async function* jsonMessages(
  stream: AsyncIterable<Buffer>,
  maxBytes: number,
): AsyncGenerator<unknown, void> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    let rest = chunk;
    for (let end = rest.indexOf('\n'); end !== -1; end = rest.indexOf('\n')) {
      yield parse(Buffer.concat([...parts, rest.subarray(0, end)]));
      rest = rest.subarray(end + 1);
      parts = [];
      length = 0;
    }
    parts.push(rest);
    length += rest.length;
    if (length > maxBytes) throw new Error(`a message is longer than ${maxBytes} bytes`);
  }
  if (length > 0) yield parse(Buffer.concat(parts));
}

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString());
  } catch {
    // The error of Node would quote it.
    throw new Error('a message is not JSON');
  }
}
