import 'reflect-metadata';
import { once } from 'node:events';
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { Readable } from 'node:stream';
import {
  Body,
  Controller,
  Get,
  Injectable,
  type MessageEvent,
  Module,
  Post,
  Req,
  Sse,
  StreamableFile,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { finalize, Observable } from 'rxjs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FlipGuard, FlipInterceptor } from '../support/flip-enhancers.js';
import { Flips, flippingConfig } from '../support/flips.js';
import { Gate } from '../support/gate.js';
import { until } from '../support/until.js';

/** The gate at which the handlers of a test wait. */
@Injectable()
class Meeting {
  gate = new Gate();
  constructor(readonly flips: Flips) {}
}

@Controller()
class Http2Controller {
  constructor(private readonly meeting: Meeting) {}

  @Get('steps')
  @UseGuards(FlipGuard)
  @UseInterceptors(FlipInterceptor)
  async steps() {
    const { flips, gate } = this.meeting;
    await gate.wait();
    await flips.step('handler');
    return {};
  }

  @Post('parsed')
  async parsed(@Body() body: { readonly text: string }) {
    await this.meeting.flips.step('handler');
    return { text: body.text };
  }

  @Post('pieces')
  async pieces(@Req() request: { readonly raw: Readable }) {
    const { flips } = this.meeting;
    let size = 0;
    request.raw.on('end', () => flips.read('end'));
    for await (const chunk of request.raw) {
      flips.read('chunk');
      size += (chunk as Buffer).length;
    }
    return { size };
  }

  @Get('file')
  file() {
    const { flips, gate } = this.meeting;
    async function* chunks() {
      try {
        yield 'first';
        await flips.step('file');
        await gate.wait();
        yield 'second';
      } finally {
        await flips.step('finally');
      }
    }
    return new StreamableFile(Readable.from(chunks()));
  }

  @Sse('sse')
  sse(): Observable<MessageEvent> {
    const { flips, gate } = this.meeting;
    return new Observable<MessageEvent>((subscriber) => {
      flips.read('subscribed');
      subscriber.next({ data: 'first' });
      void gate.wait().then(() => subscriber.complete());
      return () => flips.read('teardown');
    }).pipe(finalize(() => flips.read('finalize')));
  }
}

/** The ways in which a client of HTTP/2 may leave. */
const ABORTS: Record<string, (session: ClientHttp2Session, stream: ClientHttp2Stream) => void> = {
  'cancels the request': (_session, stream) => stream.close(constants.NGHTTP2_CANCEL),
  'closes the connection': (session) => session.destroy(),
};

describe('A request over HTTP/2', () => {
  let app: NestFastifyApplication;
  let meeting: Meeting;
  let flips: Flips;
  let session: ClientHttp2Session;

  beforeAll(async () => {
    const { imports, providers } = flippingConfig();
    @Module({ imports, providers: [...providers, Meeting], controllers: [Http2Controller] })
    class AppModule {}
    const adapter = new FastifyAdapter({ http2: true } as never);
    app = await NestFactory.create<NestFastifyApplication>(AppModule, adapter, {
      logger: false,
      abortOnError: false,
    });
    app
      .getHttpAdapter()
      .getInstance()
      .addContentTypeParser('application/x-pieces', (_request, _payload, done) => done(null));
    meeting = app.get(Meeting);
    flips = app.get(Flips);
    await app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    flips.seen.length = 0;
    meeting.gate = new Gate();
    session = connect(await app.getUrl());
    session.on('error', () => undefined);
  });
  afterEach(async () => {
    session.destroy();
    await until('all pins have ended', () => flips.pins === 0);
  });

  /** Starts a request. */
  function open(method: string, path: string, headers: Record<string, string> = {}): ClientHttp2Stream {
    const stream = session.request({ ':method': method, ':path': path, ...headers }, { endStream: false });
    stream.on('error', () => undefined);
    return stream;
  }

  async function answerOf(stream: ClientHttp2Stream): Promise<string> {
    let text = '';
    stream.on('data', (chunk) => (text += String(chunk)));
    await once(stream, 'end');
    return text;
  }

  it('reads one version in guards, interceptors and handlers, and the next one the next version', async () => {
    meeting.gate.open();
    for (let round = 0; round < 2; round += 1) {
      flips.seen.length = 0;
      const arrival = flips.current;
      const stream = open('GET', '/steps');
      stream.end();
      expect(await answerOf(stream)).toBe('{}');
      expect(flips.steps.sort()).toEqual(['guard', 'handler', 'interceptor']);
      expect(flips.versions).toEqual([arrival]);
    }
  });

  it('reads its own version, whatever else arrives on its connection', async () => {
    const first = open('GET', '/steps');
    first.end();
    await until('the first waits', () => meeting.gate.arrivals === 1);
    const versions = new Set(flips.versions);
    const second = open('GET', '/steps');
    second.end();
    await until('the second waits', () => meeting.gate.arrivals === 2);
    for (const n of flips.versions) versions.add(n);
    expect([...versions]).toHaveLength(2);
    expect(flips.pins).toBe(2);
    meeting.gate.open();
    expect(await Promise.all([answerOf(first), answerOf(second)])).toEqual(['{}', '{}']);
    expect(new Set(flips.versions)).toEqual(versions);
  });

  it('keeps its version while its body arrives in pieces, in a parser', async () => {
    const arrival = flips.current;
    const stream = open('POST', '/parsed', { 'content-type': 'application/json' });
    for (const piece of ['{"te', 'xt": "he', 'llo"}']) {
      stream.write(piece);
      await until('it has arrived', () => flips.pins === 1);
      await flips.flip();
    }
    stream.end();
    expect(await answerOf(stream)).toBe('{"text":"hello"}');
    expect(flips.versions).toEqual([arrival]);
  });

  it('keeps its version while its body arrives in pieces, in the events of a handler', async () => {
    const arrival = flips.current;
    const stream = open('POST', '/pieces', { 'content-type': 'application/x-pieces' });
    const chunks = () => flips.seen.filter(([step]) => step === 'chunk').length;
    for (let piece = 1; piece <= 3; piece += 1) {
      stream.write('piece');
      await until('it was read', () => chunks() === piece);
      await flips.flip();
    }
    stream.end();
    expect(await answerOf(stream)).toBe('{"size":15}');
    expect(flips.steps).toEqual(['chunk', 'end']);
    expect(flips.versions).toEqual([arrival]);
  });

  it('keeps its version to the end of a stream, and of server-sent events', async () => {
    for (const path of ['/file', '/sse']) {
      flips.seen.length = 0;
      meeting.gate = new Gate();
      const arrival = flips.current;
      const stream = open('GET', path);
      stream.end();
      await until('it waits', () => meeting.gate.arrivals === 1);
      await flips.flip();
      meeting.gate.open();
      expect(await answerOf(stream)).toContain('first');
      const last = path === '/file' ? 'finally' : 'finalize';
      await until('it has ended', () => flips.steps.includes(last) && flips.pins === 0);
      expect(flips.versions).toEqual([arrival]);
    }
  });

  describe.each(Object.keys(ABORTS))('whose client %s', (how) => {
    const leave = async (stream: ClientHttp2Stream) => {
      ABORTS[how]!(session, stream);
      await until('it has left', () => stream.closed);
      await flips.flip();
    };

    it('keeps its version in the handler that awaits', async () => {
      const arrival = flips.current;
      const stream = open('GET', '/steps');
      stream.end();
      await until('it waits', () => meeting.gate.arrivals === 1);
      await leave(stream);
      expect(flips.pins).toBe(1);
      meeting.gate.open();
      await until('all pins have ended', () => flips.pins === 0);
      expect(flips.seen.filter(([step]) => step === 'handler')).toHaveLength(3);
      expect(flips.versions).toEqual([arrival]);
    });

    it('keeps its version in the end of a stream', async () => {
      const arrival = flips.current;
      const stream = open('GET', '/file');
      stream.end();
      stream.resume();
      await until('it waits', () => meeting.gate.arrivals === 1);
      await leave(stream);
      meeting.gate.open();
      await until(
        'the generator has ended',
        () => flips.seen.filter(([step]) => step === 'finally').length === 3,
      );
      await until('all pins have ended', () => flips.pins === 0);
      expect(flips.versions).toEqual([arrival]);
    });

    it('keeps its version in the end of server-sent events', async () => {
      const arrival = flips.current;
      const stream = open('GET', '/sse');
      stream.end();
      stream.resume();
      await until('it is subscribed to', () => meeting.gate.arrivals === 1);
      await leave(stream);
      await until('it was unsubscribed from', () => flips.steps.includes('finalize'));
      await until('all pins have ended', () => flips.pins === 0);
      expect(flips.steps).toEqual(['subscribed', 'teardown', 'finalize']);
      expect(flips.versions).toEqual([arrival]);
    });

    it('holds nothing if its body has not arrived', async () => {
      const stream = open('POST', '/parsed', { 'content-type': 'application/json' });
      stream.write('{"te');
      await until('it has arrived', () => flips.pins === 1);
      await leave(stream);
      await until('all pins have ended', () => flips.pins === 0);
      expect(flips.steps).toEqual([]);
    });
  });
});
