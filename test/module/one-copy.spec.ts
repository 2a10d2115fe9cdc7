import 'reflect-metadata';
import { pathToFileURL } from 'node:url';
import { Test } from '@nestjs/testing';
import { ConfigOptionsError, HotConfigModule } from 'nestjs-hot-config';
import { settled } from 'nestjs-hot-config/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { checkOneCopy } from '../../lib/module/one-copy.js';
import { COPIES, HOT_CONFIG_RUNTIME } from '../../lib/model/tokens.js';
import { TempFolder } from '../support/temp-folder.js';

/** Registers a file as that of another copy, for one test. */
function loadCopy(url: string): void {
  const copies = COPIES as Set<string>;
  copies.add(url);
  onTestFinished(() => void copies.delete(url));
}

describe('A second copy of the library', () => {
  it('is an error with the version and the file of each copy', () => {
    const folder = new TempFolder();
    folder.write('package.json', '{ "name": "nestjs-hot-config", "version": "9.9.9" }');
    const file = folder.file('dist/model/tokens.js');
    loadCopy(pathToFileURL(file).href);
    expect(checkOneCopy).toThrow(ConfigOptionsError);
    expect(checkOneCopy).toThrow('nestjs-hot-config is loaded 2 times in this process:\n  ');
    expect(checkOneCopy).toThrow(`\n  9.9.9  ${file}\n`);
  });

  it('is called a bundle if its file is of another package, or unknown', () => {
    const folder = new TempFolder();
    folder.write('package.json', '{ "name": "gateway", "version": "1.0.0" }');
    loadCopy(pathToFileURL(folder.file('dist/main.js')).href);
    loadCopy('undefined');
    expect(checkOneCopy).toThrow(`\n  in a bundle  ${folder.file('dist/main.js')}\n  in a bundle\n`);
  });

  it('is named by its URL if that is no file', () => {
    loadCopy('webpack://app/tokens.js');
    expect(checkOneCopy).toThrow('\n  webpack://app/tokens.js\n');
  });

  it('lets forRoot(), forRootAsync() and the parts that find no module fail', async () => {
    const app = await Test.createTestingModule({}).compile();
    await expect(settled(app)).rejects.toThrow('did not find HotConfigModule');
    loadCopy('webpack://app/tokens.js');
    await expect(HotConfigModule.forRoot()).rejects.toThrow('is loaded 2 times');
    expect(() => HotConfigModule.forRootAsync({ useFactory: () => ({}) })).toThrow('is loaded 2 times');
    await expect(settled(app)).rejects.toThrow('is loaded 2 times');
  });

  it('is not a file that is loaded again', async () => {
    vi.resetModules();
    const again = await import('../../lib/model/tokens.js');
    expect(again.HOT_CONFIG_RUNTIME).not.toBe(HOT_CONFIG_RUNTIME);
    expect(checkOneCopy).not.toThrow();
  });
});
