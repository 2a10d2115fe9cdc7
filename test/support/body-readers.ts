import type { IncomingMessage } from 'node:http';
import { finished as onFinished, pipeline, Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { finished, pipeline as pipelinePromise } from 'node:stream/promises';
import { createGunzip, gzipSync } from 'node:zlib';
import busboy from 'busboy';
import formidable from 'formidable';
import rawBody from 'raw-body';

/** Records a read of the running request. */
type Note = (step: string) => void;
export type Done = (error?: unknown) => void;

/** Reads a body, notes what is in force in each callback, and calls `done` from the last one. */
type Reader = (request: IncomingMessage, note: Note, done: Done) => unknown;

export const TEXT = Array.from({ length: 6_000 }, (_, i) => i).join(' ');
const BOUNDARY = 'boundary';
export const FORM = [
  `--${BOUNDARY}`,
  'Content-Disposition: form-data; name="file"; filename="file.txt"',
  'Content-Type: text/plain',
  '',
  TEXT,
  `--${BOUNDARY}--`,
  '',
].join('\r\n');
export const MULTIPART = `multipart/form-data; boundary=${BOUNDARY}`;

/** A destination that notes each chunk. */
const sink = (note: Note) =>
  new Writable({
    write(_chunk, _encoding, written) {
      note('write');
      written();
    },
    final(ended) {
      note('final');
      ended();
    },
  });

/** Calls `done` when the promise settles. */
const awaited =
  (read: (request: IncomingMessage, note: Note) => Promise<unknown>): Reader =>
  async (request, note, done) => {
    try {
      await read(request, note);
    } catch (error) {
      return done(error);
    }
    done();
  };

/** Readers of any body, in a middleware or a handler. */
export const readers: Record<string, Reader> = {
  "'data' and 'end'": (request, note, done) =>
    request
      .on('data', () => note('data'))
      .on('end', () => {
        note('end');
        done();
      }),
  "'readable' and read()": (request, note, done) =>
    request
      .on('readable', () => {
        while (request.read() !== null) note('read');
      })
      .once('end', done),
  'addListener and prependListener': (request, note, done) =>
    request
      .addListener('data', () => note('data'))
      .prependListener('data', () => note('prepended'))
      .prependOnceListener('end', () => done()),
  'for await': awaited(async (request, note) => {
    for await (const chunk of request) note(`chunk ${typeof chunk}`);
  }),
  'pipe to a Writable': (request, note, done) =>
    request.pipe(sink(note)).on('finish', () => {
      note('finish');
      done();
    }),
  'pipeline with a callback': (request, note, done) =>
    pipeline(request, sink(note), (error) => {
      note('callback');
      done(error);
    }),
  'pipeline with a promise': awaited(async (request, note) => {
    await pipelinePromise(request, sink(note));
    note('resolved');
  }),
  'pipeline through an async generator': awaited((request, note) =>
    pipelinePromise(
      request,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          note('generator');
          yield chunk;
        }
      },
      sink(note),
    ),
  ),
  'gunzip in a pipe': (request, note, done) =>
    request
      .pipe(createGunzip())
      .on('data', () => note('unzipped'))
      .on('end', done),
  'Readable.toWeb': awaited(async (request, note) => {
    for await (const chunk of Readable.toWeb(request)) note(`web ${typeof chunk}`);
  }),
  'text() of the stream consumers': awaited(async (request, note) => {
    await text(request);
    note('consumed');
  }),
  'stream.finished with a callback': (request, note, done) => {
    onFinished(request, (error) => {
      note('finished');
      done(error);
    });
    request.resume();
  },
  'stream.finished with a promise': awaited(async (request, note) => {
    const ended = finished(request);
    request.resume();
    await ended;
    note('finished');
  }),
  'raw-body with a callback': (request, note, done) =>
    rawBody(request, (error) => {
      note('raw body');
      done(error);
    }),
  'raw-body with a promise': awaited(async (request, note) => {
    await rawBody(request);
    note('raw body');
  }),
  'busboy in a pipe': (request, note, done) =>
    request.pipe(
      busboy({ headers: request.headers })
        .on('file', (_name, file) => {
          note('file');
          file.on('data', () => note('file data')).on('end', () => note('file end'));
        })
        .on('close', () => {
          note('close');
          done();
        }),
    ),
  'formidable with a callback': (request, note, done) =>
    formidable({ fileWriteStreamHandler: () => sink(note) })
      .on('fileBegin', () => note('file'))
      .on('progress', () => note('progress'))
      .parse(request, (error) => {
        note('parsed');
        done(error);
      }),
  'formidable with a promise': awaited(async (request, note) => {
    await formidable({ fileWriteStreamHandler: () => sink(note) }).parse(request);
    note('parsed');
  }),
};

/** They call back once, at the end. The others do so for each piece. */
export const ONLY_AT_THE_END = /consumers|finished|raw-body/;
export const bodyOf = (reader: string): [type: string, body: string | Buffer] => {
  if (reader.startsWith('gunzip')) return ['application/x-pieces', gzipSync(TEXT)];
  return /busboy|formidable/.test(reader) ? [MULTIPART, FORM] : ['application/x-pieces', TEXT];
};
