import 'reflect-metadata';
import { Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import {
  HotConfigManager,
  HotConfigModule,
  HotConfigService,
  type AppliedReload,
  type Change,
  type ConfigChangeEvent,
  type ConfigPathChange,
  type RejectedReload,
  type UnchangedReload,
} from 'nestjs-hot-config';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MemorySource } from '../support/memory.source.js';
import { until } from '../support/until.js';

interface Tree {
  llm: { model: string; timeout?: number };
}

async function start(metadata: ModuleMetadata = {}) {
  const source = new MemorySource({ llm: { model: 'a' } });
  @Module({
    ...metadata,
    imports: [HotConfigModule.forRoot({ sources: [source] }), ...(metadata.imports ?? [])],
  })
  class AppModule {}
  const app = await NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false });
  onTestFinished(() => app.close());
  const manager = app.get(HotConfigManager);
  const save = async (llm: object | Error) => {
    source.set(llm instanceof Error ? llm : ({ llm } as never));
    const result = await manager.reload();
    await manager.settled();
    return result;
  };
  return { app, manager, save, config: app.get<HotConfigService<Tree>>(HotConfigService) };
}

describe('The app’s own event emitter', () => {
  const heard: [string, unknown][] = [];

  @Injectable()
  class Listener {
    @OnEvent('hot-config.applied')
    applied(result: AppliedReload) {
      heard.push(['applied', result.version]);
    }
    @OnEvent('hot-config.rejected')
    async rejected(result: RejectedReload) {
      heard.push(['rejected', result.stage]);
    }
    @OnEvent('hot-config.unchanged')
    unchanged(result: UnchangedReload) {
      heard.push(['unchanged', result.version]);
    }
    @OnEvent('hot-config.changed')
    changed(changes: readonly Change[]) {
      heard.push(['changed', changes.map(({ path }) => path)]);
    }
    @OnEvent('hot-config.rolled-back')
    rolledBack() {
      heard.push(['rolled back', undefined]);
    }
    @OnEvent('of-the-app')
    ofTheApp() {
      heard.push(['of the app', undefined]);
    }
  }

  it('emits each outcome once, except that of the boot', async () => {
    heard.length = 0;
    const { save } = await start({ imports: [EventEmitterModule.forRoot()], providers: [Listener] });
    expect(heard).toEqual([]);
    await save({ model: 'b' });
    expect(heard.splice(0)).toEqual([
      ['applied', 2],
      ['changed', ['llm.model']],
    ]);
    await save({ model: 'b' });
    expect(heard.splice(0)).toEqual([['unchanged', 2]]);
    await save(new Error('down'));
    expect(heard.splice(0)).toEqual([['rejected', 'collect']]);
  });

  it('exists once: the listeners of the app are called once', async () => {
    heard.length = 0;
    const { app } = await start({ imports: [EventEmitterModule.forRoot()], providers: [Listener] });
    app.get(EventEmitter2).emit('of-the-app');
    expect(heard).toEqual([['of the app', undefined]]);
  });

  it('is found in a module that is not global, and may use wildcards', async () => {
    heard.length = 0;
    const emitter = EventEmitterModule.forRoot({ global: false, wildcard: true, delimiter: '.' });
    const { app, save } = await start({ imports: [emitter] });
    const all: unknown[] = [];
    app.get(EventEmitter2).on('hot-config.*', () => all.push(1));
    await save({ model: 'b' });
    expect(all).toHaveLength(2);
  });

  it('is optional', async () => {
    const { save, app } = await start();
    expect((await save({ model: 'b' })).outcome).toBe('applied');
    expect(() => app.get(EventEmitter2, { strict: false })).toThrow('could not find EventEmitter');
  });

  it('has no effect on the reload if a listener throws', async () => {
    const { app, save } = await start({ imports: [EventEmitterModule.forRoot()] });
    app.get(EventEmitter2).on('hot-config.applied', () => {
      throw new Error('broken');
    });
    const after: number[] = [];
    app.get<HotConfigService<Tree>>(HotConfigService).onChange('llm', ({ current }) => {
      after.push(current.version);
    });
    expect((await save({ model: 'b' })).outcome).toBe('applied');
    expect(after).toEqual([2]);
  });
});

describe('HotConfigService.onChange()', () => {
  it('calls the handler for what its patterns select, until it is unsubscribed', async () => {
    const { config, save } = await start();
    const events: ConfigChangeEvent<Tree>[] = [];
    const unsubscribe = config.onChange(['llm.model', /timeout/], (event) => void events.push(event));
    await save({ model: 'b', timeout: 1 });
    expect(events).toHaveLength(1);
    expect(events[0]!.changes.map(({ path }) => path)).toEqual(['llm.model', 'llm.timeout']);
    expect(events[0]!.previous.value.llm.model).toBe('a');
    expect(events[0]!.current.value.llm.model).toBe('b');
    unsubscribe();
    unsubscribe();
    await save({ model: 'c' });
    expect(events).toHaveLength(1);
  });

  it('throws immediately on an invalid pattern', async () => {
    const { config } = await start();
    expect(() => config.onChange('llm..' as string, () => {})).toThrow('llm..');
    expect(() => config.changes('[' as string)).toThrow('[');
  });

  it('calls a handler in the version it is notified of, and a handler without a name may fail', async () => {
    const { config, save } = await start();
    const read: string[] = [];
    config.onChange('**', () => {
      read.push(config.get('llm.model'));
      throw new Error('broken');
    });
    await save({ model: 'b' });
    await save({ model: 'c' });
    expect(read).toEqual(['b', 'c']);
  });
});

describe('HotConfigService.changes()', () => {
  it('is an async iterator that skips to the latest state for a slow reader, and ends with the app', async () => {
    const { app, config, save } = await start();
    const seen: [string, string][] = [];
    let reading = () => {};
    const mayRead = new Promise<void>((resolve) => (reading = resolve));
    const loop = (async () => {
      for await (const { previous, current } of config.changes('llm')) {
        seen.push([previous.value.llm.model, current.value.llm.model]);
        await mayRead;
      }
    })();
    await save({ model: 'b' });
    await until('the first change is read', () => seen.length === 1);
    await save({ model: 'c' });
    await save({ model: 'd' });
    reading();
    await until('the others are read as one', () => seen.length === 2);
    await app.close();
    await loop;
    expect(seen).toEqual([
      ['a', 'b'],
      ['b', 'd'],
    ]);
  });

  it('selects all changes without a pattern, and ends with break', async () => {
    const { config, save } = await start();
    const loop = (async () => {
      for await (const { changes } of config.changes()) return changes;
      return [];
    })();
    await save({ model: 'b' });
    expect((await loop).map(({ path }) => path)).toEqual(['llm.model']);
  });
});

describe('HotConfigService.changes$', () => {
  it('emits every changed path of every version, with both names of its values, and nothing else', async () => {
    const { config, save } = await start();
    const seen: ConfigPathChange[] = [];
    const subscription = config.changes$.subscribe((change) => seen.push(change));
    await save({ model: 'b', timeout: 1 });
    await save({ model: 'b', timeout: 1 });
    await save(new Error('down'));
    expect(seen).toMatchObject([
      { path: 'llm.model', kind: 'changed', previous: 'a', current: 'b', oldValue: 'a', newValue: 'b' },
      { path: 'llm.timeout', kind: 'added', oldValue: undefined, newValue: 1 },
    ]);
    subscription.unsubscribe();
    await save({ model: 'c' });
    expect(seen).toHaveLength(2);
  });
});

describe('HotConfigService', () => {
  it('reads by path, with defaults, and names a missing path in the error', async () => {
    const { config } = await start();
    expect(config.get('llm.model')).toBe('a');
    expect(config.get('llm.timeout')).toBeUndefined();
    expect(config.get('llm.timeout', 30)).toBe(30);
    expect(config.get('llm', { infer: true } as never)).toEqual({ model: 'a' });
    expect(config.get('llm.timeout', { infer: true } as never)).toBeUndefined();
    expect((config.get as (...parameters: unknown[]) => unknown)('llm.timeout', 5, { infer: true })).toBe(5);
    expect(config.getOrThrow('llm.model')).toBe('a');
    expect(config.getOrThrow('llm.timeout', 7)).toBe(7);
    expect(() => config.getOrThrow('llm.timeout')).toThrow('Configuration key "llm.timeout" does not exist');
    expect(config.has('llm.model')).toBe(true);
    expect(config.has('llm.timeout')).toBe(false);
    expect(config.value).toEqual({ llm: { model: 'a' } });
  });

  it('is read-only, and so is every value it returns', async () => {
    const { config } = await start();
    expect(() => config.set('n', 2)).toThrow('only reads');
    expect(() => Object.assign(config.get('llm'), { model: 'x' })).toThrow(TypeError);
    expect(config.get('llm.model')).toBe('a');
  });

  it('pins a function to one version, which can still read the latest', async () => {
    const { config, save } = await start();
    const seen = await config.runPinned(async () => {
      await save({ model: 'b' });
      return [
        config.get('llm.model'),
        config.snapshot.version,
        config.current.value.llm.model,
        config.current.version,
      ];
    });
    expect(seen).toEqual(['a', 1, 'b', 2]);
    expect(config.get('llm.model')).toBe('b');
  });
});
