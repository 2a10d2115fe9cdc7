import { describe, expect, it } from 'vitest';
import type { ConfigSource, Layer, SourceLoadContext } from 'nestjs-hot-config';
import { file } from 'nestjs-hot-config';
import { collectGarbage } from '../support/collect-garbage.js';
import { TempFolder } from '../support/temp-folder.js';
import { booted } from './support/runtime.js';

const RELOADS = 10;

/** Reloads other content each time, and returns how many of the loaded layers are still alive. */
async function layersAlive(source: ConfigSource, save: (seed: number) => void): Promise<number> {
  const layers: WeakRef<Layer>[] = [];
  const load = source.load.bind(source);
  source.load = async (context) => {
    const layer = await load(context);
    layers.push(new WeakRef(layer));
    return layer;
  };
  save(0);
  const { reload } = await booted([source], { history: { max: 2 } });
  for (let seed = 1; seed <= RELOADS; seed += 1) {
    save(seed);
    expect((await reload()).outcome).toBe('applied');
  }
  await collectGarbage();
  return layers.filter((layer) => layer.deref() !== undefined).length;
}

describe('The layers of earlier reloads', () => {
  it.each(['a.yaml', 'a.json', 'a.toml'])('are freed: %s', async (name) => {
    const folder = new TempFolder();
    const path = folder.write(name, '');
    const separator = { yaml: ': ', toml: ' = ' }[name.slice(2)];
    const save = (seed: number) =>
      folder.write(name, separator === undefined ? `{"a": ${seed}}` : `a${separator}${seed}\n`);
    expect(await layersAlive(file(path), save)).toBeLessThan(RELOADS / 2);
  });

  it('are freed if a file has imports', async () => {
    const folder = new TempFolder();
    const path = folder.write('a.yaml', 'extends: ./b.yaml\n');
    const save = (seed: number) => folder.write('b.yaml', `b: ${seed}\n`);
    expect(await layersAlive(file(path), save)).toBeLessThan(RELOADS / 2);
  });

  it('are freed if each holds the context of its load, as the functions of a custom source may', async () => {
    let seed = 0;
    const source: ConfigSource = {
      name: 'custom',
      load: (context: SourceLoadContext) =>
        Promise.resolve({
          source: 'custom',
          tree: { seed },
          hash: String(seed),
          revision: String(seed),
          locate: () => ({ source: context.known.length > 0 ? 'known' : 'custom' }),
        }),
    };
    expect(await layersAlive(source, (next) => (seed = next))).toBeLessThan(RELOADS / 2);
  });
});
