/**
 * Paths as people write them (`servers.0.port`, `modules['npc.dialogue']`) and as code walks them (lists of keys).
 * Both directions agree: `parsePath(formatPath(keys))` is `keys`.
 */

const PLAIN_KEY = /^[^.[\]'"\s*]+$/;

/** The path of `keys`, with quotes only around keys that would not survive without. */
export function formatPath(keys: readonly string[]): string {
  let path = '';
  for (const key of keys) {
    if (!PLAIN_KEY.test(key)) path += `['${key.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}']`;
    else path += path === '' ? key : `.${key}`;
  }
  return path;
}

const BRACKETED = /\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\]'"]*))\]/y;
const PLAIN = /[^.[\]]+/y;

/**
 * The keys of `path`; undefined where it is not well formed (an unclosed bracket, an empty key).
 * Besides dots it knows `a[0]` and `a["b.c"]`, as `@nestjs/config` does.
 */
export function tryParsePath(path: string): string[] | undefined {
  if (!path.includes('[')) {
    const keys = path.split('.');
    return keys.includes('') ? undefined : keys;
  }
  const keys: string[] = [];
  let at = 0;
  while (at < path.length) {
    if (path[at] === '[') {
      BRACKETED.lastIndex = at;
      const match = BRACKETED.exec(path);
      if (match === null || match[3] === '') return undefined;
      keys.push(match[3] ?? (match[1] ?? match[2])!.replace(/\\(.)/g, '$1'));
      at = BRACKETED.lastIndex;
    } else {
      if (at > 0 && path[at] === '.') at += 1;
      PLAIN.lastIndex = at;
      const match = PLAIN.exec(path);
      if (match === null) return undefined;
      keys.push(match[0]);
      at = PLAIN.lastIndex;
    }
  }
  return keys;
}

/** The value at `keys` below `tree`, through own properties only; undefined where the way ends. */
export function valueAt(tree: unknown, keys: readonly string[]): unknown {
  let value = tree;
  for (const key of keys) {
    if (typeof value !== 'object' || value === null || !hasKey(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** Own properties, and accessors of a schema class; never what every object inherits (`constructor`, `toString`). */
function hasKey(target: object, key: string): boolean {
  if (Object.hasOwn(target, key)) return true;
  return accessorOf(target, key) !== undefined;
}

function accessorOf(target: object, key: string): PropertyDescriptor | undefined {
  for (let proto = Object.getPrototypeOf(target); proto !== null && proto !== Object.prototype;) {
    if (proto === Array.prototype) return undefined;
    const descriptor = Object.getOwnPropertyDescriptor(proto, key);
    if (descriptor !== undefined) return descriptor.get ? descriptor : undefined;
    proto = Object.getPrototypeOf(proto);
  }
  return undefined;
}
