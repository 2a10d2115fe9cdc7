/** A way to say where a body ends. */
export interface Framing {
  readonly headers: (body: Buffer) => string[];
  readonly frame?: (piece: Buffer) => Buffer;
  readonly end?: string;
}
export const framings: Record<string, Framing> = {
  'a content length': { headers: (body) => [`Content-Length: ${body.length}`] },
  chunks: {
    headers: () => ['Transfer-Encoding: chunked'],
    frame: (piece) =>
      Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]),
    end: '0\r\n\r\n',
  },
  'an expectation of 100 (Continue)': {
    headers: (body) => [`Content-Length: ${body.length}`, 'Expect: 100-continue'],
  },
};

/** Returns three pieces, none of which is empty. */
export function inPieces(body: Buffer): Buffer[] {
  const third = Math.ceil(body.length / 3);
  return [0, 1, 2].map((piece) => body.subarray(piece * third, (piece + 1) * third));
}
