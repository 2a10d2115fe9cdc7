// Writes to loaded.json which files a module loads beyond those of the peers, and their characters:
// `node loaded.mjs import nestjs-hot-config '["rxjs"]'`. Further arguments are those of a command.
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { createRequire } from 'node:module';

const [how, name, peers, ...args] = process.argv.slice(2);
for (const peer of JSON.parse(peers)) await import(peer);

const loaded = {};
const session = new Session();
session.connect();
// What is loaded already is reported at once.
session.post('Debugger.enable');
// The debugger sees every file, however it is loaded. The hooks of `register()` do not see `require()`.
session.on('Debugger.scriptParsed', ({ params: { url, length } }) => {
  if (url.startsWith('file:')) loaded[url] = length;
});
// A command may end the process.
process.once('exit', () => writeFileSync('loaded.json', JSON.stringify(loaded)));

process.argv.splice(2, Infinity, ...args);
if (how === 'require') createRequire(import.meta.url)(name);
else await import(name);
