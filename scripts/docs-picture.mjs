// Makes docs/images/hot-config.svg, the picture of README.md: `npm run docs:picture`. With the name of a folder, it writes
// nothing, and prints what it would write with the package that is installed there.
import { writeFile } from 'node:fs/promises';
import { record } from './picture/record.mjs';
import { render } from './picture/render.mjs';

const [folder] = process.argv.slice(2);
const picture = render(await record(folder ?? '.'));
if (folder === undefined) await writeFile('docs/images/hot-config.svg', picture);
else process.stdout.write(picture);
