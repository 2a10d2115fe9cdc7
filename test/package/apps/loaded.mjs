// Prints the addresses of the modules that an import of the package loads.
import { readFileSync, writeFileSync } from 'node:fs';
import { register } from 'node:module';

writeFileSync('loaded.txt', '');
const hooks = `
  import { appendFileSync } from 'node:fs';
  export async function load(url, context, next) {
    appendFileSync('loaded.txt', url + '\\n');
    return next(url, context);
  }`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
await import('nestjs-hot-config');
console.log(readFileSync('loaded.txt', 'utf8'));
