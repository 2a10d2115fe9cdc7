import 'reflect-metadata';
import { IsOptional } from 'class-validator';
import { file, type HotConfigModuleOptions } from 'nestjs-hot-config';
import { memory } from 'nestjs-hot-config/testing';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startApp } from '../support/start-app.js';
import { TempFolder } from '../support/temp-folder.js';

class Keys {
  @IsOptional() blob?: Uint8Array;
  @IsOptional() list?: Uint8Array[];
}

const blob = (config: { get: (path: string) => unknown }) => String(config.get('blob'));

describe.each<[string, HotConfigModuleOptions['schema']]>([
  ['a class', Keys],
  ['zod', z.object({ blob: z.instanceof(Uint8Array), list: z.array(z.instanceof(Buffer)).optional() })],
  ['a function', (tree) => tree],
  ['no schema', undefined],
])('Bytes of a file with %s', (_name, schema) => {
  const options = schema === undefined ? {} : { schema };

  it('are a Buffer with these bytes, and follow edits and a rollback', async () => {
    const folder = new TempFolder();
    const path = folder.write('app.yaml', 'blob: !!binary b25l\nlist: [!!binary b25l]\n');
    const { config, manager } = await startApp({}, {}, { ...options, sources: [file(path)] });
    expect(blob(config)).toBe('one');
    expect(String(config.get('list.0'))).toBe('one');
    (config.get('blob') as Buffer)[0] = 0;
    expect(blob(config)).toBe('one');
    folder.write('app.yaml', 'blob: !!binary dHdv\n');
    expect((await manager.reload()).outcome).toBe('applied');
    expect(blob(config)).toBe('two');
    expect((await manager.rollback()).outcome).toBe('applied');
    expect(blob(config)).toBe('one');
  });

  it('are those of a Uint8Array that code returns', async () => {
    const bytes = new Uint8Array([111, 110, 101]);
    const { config } = await startApp({}, {}, { ...options, sources: [memory({ blob: bytes as never })] });
    expect(Buffer.from(config.get('blob') as Uint8Array).toString()).toBe('one');
  });
});
