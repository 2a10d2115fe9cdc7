import { createHash } from 'node:crypto';
import { inspect } from 'node:util';

let made = 0;

/** A secret that nothing else is like: whatever shows a part of it has shown it. `signs` that text formats must escape. */
export function canary(signs = ''): string {
  made += 1;
  return `Canary${signs}${made}q7Xw${made}zR`;
}

/** Every way in which a value leaves a process that is not meant to show it: printed, serialised, copied, thrown. */
export function shownOf(value: unknown): string {
  return [
    inspect(value, { depth: 20, showHidden: false, getters: false }),
    safely(() => JSON.stringify(value) ?? ''),
    safely(() => inspect(structuredClone(value), { depth: 20 })),
    typeof value === 'object' && value !== null && !Array.isArray(value) ? inspect({ ...value }) : '',
    value instanceof Error ? errorText(value) : String(value as string),
  ].join('\n');
}

/** All that a logger of errors takes: the causes, and what is enumerable. */
function errorText(error: Error): string {
  const parts = [error.message, error.stack ?? '', String(error)];
  for (const key in error)
    parts.push(inspect((error as unknown as Record<string, unknown>)[key], { depth: 20 }));
  if (error.cause !== undefined) parts.push(shownOf(error.cause));
  return parts.join('\n');
}

function safely(make: () => string): string {
  try {
    return make();
  } catch (error) {
    return String(error);
  }
}

/** Where the texts have a secret in them: as it is, in part, encoded, or as a hash that anybody can make. */
export function leaksIn(outputs: ReadonlyMap<string, string>, secrets: readonly string[]): string[] {
  const forms = secrets.flatMap(formsOf);
  return [...outputs].flatMap(([name, text]) => {
    const part = /canary/i.exec(text)?.[0];
    const shown = [...forms.filter((form) => text.includes(form)), ...(part === undefined ? [] : [part])];
    return shown.map((form) => `${name} shows ${form}: …${around(text, form)}…`);
  });
}

function formsOf(secret: string): string[] {
  const sha = (encoding: 'hex' | 'base64') => createHash('sha256').update(secret).digest(encoding);
  const quoted = createHash('sha256').update(JSON.stringify(secret));
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    Buffer.from(secret).toString('hex'),
    sha('hex'),
    sha('base64'),
    quoted.digest('hex'),
  ];
}

function around(text: string, form: string): string {
  const at = text.indexOf(form);
  return text.slice(Math.max(0, at - 60), at + form.length + 40).replaceAll('\n', '⏎');
}
