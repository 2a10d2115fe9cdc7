import { CONFIG_FOLDER } from './config/config-folder.js';
import { STORE_ADDRESS } from './config/config-store.js';
import { createApp } from './create-app.js';
import { howToTry, howToTryStore } from './how-to-try.js';
import { listen } from './listen.js';

const app = await createApp();
try {
  const url = await listen(app, process.env['PORT'] ?? 3000);
  console.log(STORE_ADDRESS === undefined ? howToTry(url, CONFIG_FOLDER) : howToTryStore(url, STORE_ADDRESS));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
  await app.close();
}
