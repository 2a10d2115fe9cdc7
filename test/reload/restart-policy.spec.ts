import 'reflect-metadata';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import { RestartRequired, type HotConfigModuleOptions } from 'nestjs-hot-config';
import { describe, expect, it } from 'vitest';
import { MemorySource } from '../support/memory.source.js';
import { booted } from './support/runtime.js';

async function running(tree: Record<string, never> | object, options: HotConfigModuleOptions) {
  const source = new MemorySource(tree as never);
  const bench = await booted([source], options);
  const save = (next: object) => {
    source.set(next as never);
    return bench.reload();
  };
  return { ...bench, save, pending: () => bench.runtime.status().pendingRestart };
}

const server = { restartRequired: ['server.port', 'listeners.*.port', 'tls'] };

describe('A change that needs a restart', () => {
  it('is held back: the old value stays, the rest is applied, and the status lists the path', async () => {
    const { save, value, pending } = await running({ server: { port: 1, name: 'a' } }, server);
    const result = await save({ server: { port: 2, name: 'b' } });
    expect(result).toMatchObject({ outcome: 'applied', version: 2 });
    expect(result.changes.map(({ path }) => path)).toEqual(['server.name']);
    expect(result.issues).toEqual([
      {
        path: 'server.port',
        message: 'server.port has changed, and takes effect only after a restart',
        origin: { source: 'memory', file: 'memory', line: 3, column: 1 },
      },
    ]);
    expect(value()).toEqual({ server: { port: 1, name: 'b' } });
    expect(pending()).toEqual(['server.port']);
  });

  it('alone leaves the configuration unchanged, and is logged as a warning once', async () => {
    const { save, value, pending, log, reload } = await running({ server: { port: 1 } }, server);
    expect((await save({ server: { port: 2 } })).outcome).toBe('unchanged');
    expect((await reload()).outcome).toBe('unchanged');
    expect(value()).toEqual({ server: { port: 1 } });
    expect(pending()).toEqual(['server.port']);
    expect(log.filter((line) => line.startsWith('warn'))).toHaveLength(1);
  });

  it('is no longer pending when it is undone', async () => {
    const { save, pending } = await running({ server: { port: 1 } }, server);
    await save({ server: { port: 2 } });
    expect((await save({ server: { port: 1 } })).outcome).toBe('unchanged');
    expect(pending()).toEqual([]);
  });

  it('stays held back during further changes', async () => {
    const { save, value, pending } = await running({ server: { port: 1, name: 'a' } }, server);
    await save({ server: { port: 2, name: 'a' } });
    await save({ server: { port: 3, name: 'b' } });
    expect(value()).toEqual({ server: { port: 1, name: 'b' } });
    expect(pending()).toEqual(['server.port']);
  });

  it('is held back too if it adds or removes a value', async () => {
    const { save, value, pending } = await running({ server: { port: 1 } }, server);
    await save({ server: {}, tls: { cert: 'c', key: 'k' } });
    expect(value()).toEqual({ server: { port: 1 } });
    expect(pending()).toEqual(['server.port', 'tls.cert', 'tls.key']);
    await save({ other: 1 });
    expect(value()).toEqual({ server: { port: 1 }, other: 1 });
    expect(pending()).toEqual(['server.port']);
  });

  it('holds back the whole array that it is part of, and the warning names the array', async () => {
    const listeners = (...ports: number[]) => ({
      listeners: ports.map((port) => ({ port, name: `p${port}` })),
    });
    const { save, value, pending } = await running(listeners(1, 2), server);
    await save({ ...listeners(1, 3, 4), other: 1 });
    expect(value()).toEqual({ ...listeners(1, 2), other: 1 });
    expect(pending()).toEqual(['listeners']);
  });

  it('is held back if an array replaces another value, or another value an array', async () => {
    const { save, value } = await running({ tls: ['a'], server: { port: 1 } }, server);
    await save({ tls: { cert: 'c' }, server: 7 });
    expect(value()).toEqual({ tls: ['a'], server: { port: 1 } });
  });

  it('rejects the reload under the policy reject, and the error names every such path', async () => {
    const { save, value, pending } = await running(
      { server: { port: 1, name: 'a' } },
      { ...server, onRestartRequired: 'reject' },
    );
    const result = await save({ server: { port: 2, name: 'b' }, tls: 1 });
    expect(result).toMatchObject({ outcome: 'rejected', version: 1 });
    expect(result.issues.map(({ path }) => path)).toEqual(['server.port', 'tls']);
    expect(value()).toEqual({ server: { port: 1, name: 'a' } });
    expect(pending()).toEqual([]);
    expect((await save({ server: { port: 1, name: 'b' } })).outcome).toBe('applied');
  });

  it('may be selected by a regular expression', async () => {
    const { save, value } = await running({ a_port: 1, b: 1 }, { restartRequired: [/_port$/] });
    await save({ a_port: 2, b: 2 });
    expect(value()).toEqual({ a_port: 1, b: 2 });
  });
});

describe('@RestartRequired()', () => {
  class ListenerConfig {
    @IsInt()
    port = 80;
  }
  class BaseServerConfig {
    @IsInt()
    @RestartRequired()
    port = 1;
  }
  class ServerConfig extends BaseServerConfig {
    @IsString()
    @RestartRequired()
    host = 'localhost';

    @IsOptional()
    @IsString()
    @RestartRequired()
    socket?: string;

    @IsString()
    name = 'a';
  }
  class RestartConfig {
    @ValidateNested()
    @Type(() => ServerConfig)
    server = new ServerConfig();

    @ValidateNested({ each: true })
    @Type(() => ListenerConfig)
    @RestartRequired()
    listeners: ListenerConfig[] = [];
  }
  const marked = { schema: RestartConfig };

  it('marks a property of a class, of a nested class, and of the classes above it', async () => {
    const { save, value, pending } = await running({ server: { port: 1 } }, marked);
    await save({ server: { port: 2, host: 'example.org', name: 'b' }, listeners: [{ port: 81 }] });
    expect(value()).toMatchObject({ server: { port: 1, host: 'localhost', name: 'b' }, listeners: [] });
    expect(pending()).toEqual(['server.port', 'server.host', 'listeners']);
  });

  it('marks an optional property that has no value yet', async () => {
    const { save, value, pending } = await running({}, marked);
    await save({ server: { socket: '/run/app', name: 'b' } });
    expect(value()).toMatchObject({ server: { name: 'b' } });
    expect(value()).not.toHaveProperty('server.socket', '/run/app');
    expect(pending()).toEqual(['server.socket']);
  });

  it('does not hold back other properties', async () => {
    const { save, pending } = await running({}, marked);
    expect(await save({ server: { name: 'b' } })).toMatchObject({ outcome: 'applied', issues: [] });
    expect(pending()).toEqual([]);
  });

  it('of one class does not affect a sibling class', async () => {
    class Sibling extends BaseServerConfig {
      @IsInt()
      free = 1;
    }
    const { save, value } = await running({ free: 1, host: 'a' }, { schema: Sibling, unknownKeys: 'allow' });
    await save({ free: 2, host: 'b', port: 5 });
    expect(value()).toMatchObject({ free: 2, host: 'b', port: 1 });
  });
});
