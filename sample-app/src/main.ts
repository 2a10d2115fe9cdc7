import { CONFIG_FOLDER } from './config/config-folder.js';
import { createApp } from './create-app.js';
import { howToTry } from './how-to-try.js';
import { listen } from './listen.js';

const app = await createApp();
try {
  const url = await listen(app, process.env['PORT'] ?? 3000);
  console.log(howToTry(url, CONFIG_FOLDER));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
  await app.close();
}
