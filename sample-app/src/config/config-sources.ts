import { readFile } from 'node:fs/promises';
import { type ConfigSource, file } from 'nestjs-hot-config';
import { type ConfigStore, stored } from 'nestjs-hot-config/remote';
import { configFile } from './config-folder.js';
import { openStore, STORE_ADDRESS } from './config-store.js';

const FILES = ['app.yaml', 'llm.yaml'];

/** The sources of the configuration: two files or, with `--store`, two keys of a store. */
export const CONFIG_SOURCES: readonly ConfigSource[] =
  STORE_ADDRESS === undefined
    ? FILES.map((name) => file(configFile(name)))
    : await moveTo(await openStore(STORE_ADDRESS));

/** Copies the files into a store that does not have them yet. While it is down, the files are the seed of the sources. */
async function moveTo(store: ConfigStore): Promise<ConfigSource[]> {
  for (const name of FILES) {
    const text = await readFile(configFile(name), 'utf8');
    await store.put(name, text, { if: 'absent' }).catch((error: Error) => console.warn(error.message));
  }
  return FILES.map((name) => stored(store, name, { seed: configFile(name), interval: 5_000 }));
}
