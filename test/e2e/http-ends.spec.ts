import 'reflect-metadata';
import { connect, type Socket } from 'node:net';
import {
  type ArgumentsHost,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  Injectable,
  type INestApplication,
  Module,
  Post,
  UnauthorizedException,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { HttpAdapterHost, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Flips, flippingConfig } from '../support/flips.js';
import { until } from '../support/until.js';

@Injectable()
class RefusingGuard implements CanActivate {
  constructor(private readonly flips: Flips) {}
  async canActivate(): Promise<boolean> {
    await this.flips.step('guard');
    throw new UnauthorizedException();
  }
}

/** Nest does not wait for a filter: the open response holds the pin. */
@Injectable()
@Catch(UnauthorizedException)
class SlowFilter implements ExceptionFilter {
  constructor(
    private readonly flips: Flips,
    private readonly host: HttpAdapterHost,
  ) {}
  async catch(_error: unknown, host: ArgumentsHost): Promise<void> {
    const n = await this.flips.step('filter');
    this.host.httpAdapter.reply(host.switchToHttp().getResponse(), { n }, 401);
  }
}

@Controller()
class EndsController {
  constructor(private readonly flips: Flips) {}

  @Get('read')
  async read() {
    return { n: await this.flips.step('read') };
  }

  @Get('refused')
  @UseGuards(RefusingGuard)
  @UseFilters(SlowFilter)
  refused() {
    return 'not reached';
  }

  @Post('body')
  body() {
    return {};
  }
}

const adapters = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() };

describe.each(Object.keys(adapters) as (keyof typeof adapters)[])('A request on %s', (name) => {
  let app: INestApplication;
  let flips: Flips;
  let socket: Socket;
  let received = '';

  beforeEach(async () => {
    const { imports, providers } = flippingConfig();
    @Module({ imports, providers, controllers: [EndsController] })
    class AppModule {}
    app = await NestFactory.create(AppModule, adapters[name](), { logger: false, abortOnError: false });
    await app.listen(0, '127.0.0.1');
    flips = app.get(Flips);
    received = '';
    socket = connect(Number(new URL(await app.getUrl()).port), '127.0.0.1');
    socket.on('data', (chunk) => (received += String(chunk)));
    socket.on('error', () => undefined);
  });
  afterEach(async () => {
    socket.destroy();
    await app.close();
  });

  const send = (line: string, headers: string[] = [], body = '') =>
    socket.write([`${line} HTTP/1.1`, 'Host: test', ...headers, '', body].join('\r\n'));
  const answers = () => received.match(/HTTP\/1\.1 \d+/g)?.map((line) => Number(line.slice(-3))) ?? [];

  it.each([
    ['has no route', 'GET /nowhere', [], '', 404],
    ['requests no body', 'HEAD /read', [], '', 200],
    [
      'requests an upgrade that the server does not offer',
      'GET /read',
      ['Connection: Upgrade', 'Upgrade: tea'],
      '',
      200,
    ],
    ['cannot be parsed', 'POST /body', ['Content-Type: application/json', 'Content-Length: 1'], '{', 400],
  ])('that %s releases its version before its connection closes', async (_, line, headers, body, status) => {
    send(line, headers, body);
    await until('it is answered', () => answers().length === 1);
    expect(answers()).toEqual([status]);
    await until('all pins have ended', () => flips.pins === 0);
    expect(flips.versions).toEqual(status === 200 ? [1] : []);
    // Fastify closes the connection itself after a body it could not read.
    expect(socket.destroyed && status !== 400).toBe(false);
  });

  it('that a guard rejects keeps its version in a filter that awaits', async () => {
    send('GET /refused');
    await until('it is answered', () => received.includes('{"n":1}'));
    expect(answers()).toEqual([401]);
    expect(flips.steps).toEqual(['guard', 'filter']);
    expect(flips.versions).toEqual([1]);
    await until('all pins have ended', () => flips.pins === 0);
  });

  it('releases its version if its client disconnects before it has sent the body', async () => {
    send('POST /body', ['Content-Type: application/json', 'Content-Length: 1000'], '{');
    await until('it has arrived', () => flips.pins === 1);
    socket.destroy();
    await until('all pins have ended', () => flips.pins === 0);
    expect(answers()).toEqual([]);
  });

  it('has its own version if several are sent without waiting for the responses', async () => {
    for (let sent = 0; sent < 5; sent += 1) send('GET /read');
    await until('all are answered', () => answers().length === 5 && received.split('{"n"').length === 6);
    expect(answers()).toEqual([200, 200, 200, 200, 200]);
    // Each reads its version three times, even if they overlap.
    for (const version of flips.versions)
      expect(flips.seen.filter(([, n]) => n === version).length % 3).toBe(0);
    await until('all pins have ended', () => flips.pins === 0);
    const now = flips.current;
    send('GET /read');
    await until('it is answered', () => received.includes(`{"n":${now}}`));
    await until('all pins have ended', () => flips.pins === 0);
  });
});
