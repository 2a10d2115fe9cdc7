// The entry of the thread of `ParserThread`. It loads the formats, and nothing that runs the app.
import { parentPort } from 'node:worker_threads';
import { serialize } from 'node:v8';
import { FormatRegistry } from '../../formats/format-registry.js';
import { isContent, parseContent } from './parse-content.js';
import type { ParserAnswer, ParserJob } from './parser-job.js';

const formats = new FormatRegistry();

parentPort?.on('message', (job: ParserJob) => {
  // A failure ends the thread, and the other one parses the text itself.
  void answerTo(job).then((answer) => {
    // The bytes of the value move to the other thread; they are not copied.
    parentPort?.postMessage(answer, 'value' in answer ? [answer.value.buffer as ArrayBuffer] : []);
  });
});

async function answerTo({ bytes, hash, format: name, place, context }: ParserJob): Promise<ParserAnswer> {
  const format = formats.byName(name)!; // the job has the name of a built-in format
  const { secrets, ...rest } = context;
  const asked: (readonly string[])[] = [];
  const isSecret = (path: readonly string[]): boolean => {
    const known = secrets.get(JSON.stringify(path));
    if (known === undefined) asked.push(path);
    // In doubt, a message does not quote the value.
    return known ?? true;
  };
  const content = await parseContent(Buffer.from(bytes), hash, format, place, { ...rest, isSecret });
  if (asked.length > 0) return { asked };
  if (!isContent(content)) return { unusable: content };
  const { value, isEmpty, keys, warnings } = content;
  return { value: ownBytes(serialize(value)), isEmpty, keys, warnings };
}

/** Small buffers are parts of a pool, which cannot be moved. */
function ownBytes(buffer: Buffer): Uint8Array {
  const isWhole = buffer.byteLength === buffer.buffer.byteLength;
  return isWhole ? buffer : new Uint8Array(buffer);
}
