import 'reflect-metadata';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import multipart, { type MultipartFile } from '@fastify/multipart';
import {
  type CanActivate,
  Controller,
  createParamDecorator,
  type ExecutionContext,
  Inject,
  Injectable,
  type INestApplication,
  Module,
  Param,
  type PipeTransform,
  Post,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter, FileInterceptor, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  bodyOf,
  type Done,
  FORM,
  MULTIPART,
  ONLY_AT_THE_END,
  readers,
  TEXT,
} from '../support/body-readers.js';
import { Flips, flippingConfig } from '../support/flips.js';
import { framings, inPieces } from '../support/framings.js';
import { head, RawClient } from '../support/raw-client.js';
import { until } from '../support/until.js';

type WithHeaders = Pick<IncomingMessage, 'headers'>;

const READING = 'reading';

/** Records what each request reads, by its `x-id`. */
@Injectable()
class Journal {
  readonly reads = new Map<string, [step: string, n: number][]>();
  constructor(private readonly flips: Flips) {}

  note(request: WithHeaders, step: string): void {
    const id = String(request.headers['x-id']);
    this.reads.set(id, [...(this.reads.get(id) ?? []), [step, this.flips.read(step)]]);
  }

  /** Notes before and after a commit. */
  async step(request: WithHeaders, step: string): Promise<void> {
    this.note(request, step);
    await this.flips.flip();
    this.note(request, `${step}, after a commit`);
  }

  steps(id = '1'): string[] {
    return [...new Set(this.reads.get(id)?.map(([step]) => step))];
  }

  versions(id = '1'): number[] {
    return [...new Set(this.reads.get(id)?.map(([, n]) => n))];
  }
}

@Injectable()
class Guard implements CanActivate {
  constructor(private readonly journal: Journal) {}
  async canActivate(context: ExecutionContext) {
    await this.journal.step(context.switchToHttp().getRequest(), 'guard');
    return true;
  }
}

/** Nest lets no pipe see what `@Req()` gives. */
const CurrentRequest = createParamDecorator((_data: unknown, context: ExecutionContext) =>
  context.switchToHttp().getRequest<IncomingMessage>(),
);

@Injectable()
class Pipe implements PipeTransform {
  constructor(private readonly journal: Journal) {}
  async transform(request: IncomingMessage) {
    await this.journal.step(request, 'pipe');
    return request;
  }
}

/** Stores nothing, and notes what multer does. */
const storage = {
  journal: undefined as Journal | undefined,
  _handleFile(request: IncomingMessage, file: { stream: Readable }, done: (...args: unknown[]) => void) {
    this.journal!.note(request, 'file'); // set before the first request
    file.stream
      .on('data', () => this.journal!.note(request, 'file data'))
      .on('end', () => {
        this.journal!.note(request, 'file end');
        done(null, {});
      });
  },
  _removeFile: (_request: unknown, _file: unknown, done: (error: null) => void) => done(null),
};

@Controller()
@UseGuards(Guard)
class BodiesController {
  constructor(@Inject(Journal) private readonly journal: Journal) {}

  @Post('middleware/:reader')
  inMiddleware(@CurrentRequest(Pipe) request: IncomingMessage) {
    return this.journal.step(request, 'handler');
  }

  @Post('handler/:reader')
  async inHandler(
    @CurrentRequest(Pipe) request: IncomingMessage & { raw?: IncomingMessage },
    @Param('reader') reader: string,
  ) {
    this.journal.note(request, READING);
    await new Promise<void>((resolve, reject) =>
      readers[reader]!(
        request.raw ?? request,
        (step) => this.journal.note(request, step),
        (error) => (error ? reject(error as Error) : resolve()),
      ),
    );
    await this.journal.step(request, 'handler');
  }

  @Post('parsed')
  parsed(@CurrentRequest(Pipe) request: IncomingMessage) {
    return this.journal.step(request, 'handler');
  }

  @Post('multer')
  @UseInterceptors(FileInterceptor('file', { storage: storage as never }))
  multer(@CurrentRequest(Pipe) request: IncomingMessage) {
    return this.journal.step(request, 'handler');
  }

  @Post('parts/:how')
  async parts(
    @CurrentRequest(Pipe) request: IncomingMessage & { file(): Promise<MultipartFile> },
    @Param('how') how: string,
  ) {
    const part = await request.file();
    this.journal.note(request, 'file');
    if (how === 'stream')
      for await (const chunk of part.file) this.journal.note(request, `chunk ${typeof chunk}`);
    else await part.toBuffer();
    await this.journal.step(request, 'handler');
  }
}

const adapters = { Express: () => new ExpressAdapter(), Fastify: () => new FastifyAdapter() };

describe.each(Object.keys(adapters) as (keyof typeof adapters)[])(
  'A body that arrives in pieces on %s',
  (name) => {
    let app: INestApplication;
    let flips: Flips;
    let journal: Journal;
    let client: RawClient;

    beforeAll(async () => {
      const { imports, providers } = flippingConfig();
      @Module({ imports, providers: [...providers, Journal], controllers: [BodiesController] })
      class AppModule {}
      app = await NestFactory.create(AppModule, adapters[name](), { logger: false, abortOnError: false });
      flips = app.get(Flips);
      journal = app.get(Journal);
      storage.journal = journal;
      app.use((request: IncomingMessage, _response: unknown, next: Done) => {
        journal.note(request, 'middleware');
        const reader = /^\/middleware\/(.+)$/.exec(decodeURIComponent(request.url!))?.[1];
        if (reader === undefined) return next();
        journal.note(request, READING);
        readers[reader]!(request, (step) => journal.note(request, step), next);
      });
      if (name === 'Express') addExpressParsers(app as NestExpressApplication, journal);
      else await addFastifyParsers(app as NestFastifyApplication, journal);
      await app.listen(0, '127.0.0.1');
    });
    afterAll(() => app.close());
    beforeEach(async () => {
      journal.reads.clear();
      client = await RawClient.connect(app);
    });
    afterEach(() => client.close());

    const routeTo = (path: string, type: string, id = '1') =>
      [`POST /${encodeURI(path)}`, [`Content-Type: ${type}`, `X-Id: ${id}`]] as const;

    /** Sends a request in four parts, and commits another version before each piece. */
    async function post(
      path: string,
      type: string,
      body: string | Buffer,
      how = framings['a content length']!,
    ) {
      const bytes = Buffer.from(body);
      const [line, headers] = routeTo(path, type);
      await client.sendHead(line, [...headers, ...how.headers(bytes)]);
      if (how.headers(bytes).includes('Expect: 100-continue'))
        await until('the server asks for the body', () => client.received.includes('100 Continue'));
      const first = /^(middleware|handler)/.test(path) ? READING : 'middleware';
      await until('it is being read', () => journal.steps().includes(first));
      for (const piece of inPieces(bytes)) {
        await flips.flip();
        await client.send(how.frame?.(piece) ?? piece);
      }
      if (how.end !== undefined) await client.send(how.end);
      await until('it is answered', () => client.statuses.length === 1);
      expect(client.statuses).toEqual([201]);
    }

    /** Waits for the end of the pin. Returns the steps that did not run, and the reads of another version. */
    async function outcome(...steps: string[]) {
      await until('all pins have ended', () => flips.pins === 0);
      const reads = journal.reads.get('1')!; // each test has sent it
      const arrival = reads[0]![1]; // the middleware read it
      expect(flips.current).toBeGreaterThan(arrival + 2);
      return {
        missing: steps.filter((step) => !journal.steps().includes(step)),
        others: reads.filter(([, n]) => n !== arrival),
      };
    }
    const ONE_VERSION = { missing: [], others: [] };

    const handled = ['guard', 'guard, after a commit', 'pipe', 'handler', 'handler, after a commit'];

    const known = ['middleware', READING, 'preParsing', 'preValidation', 'preHandler', ...handled];

    describe.each(['middleware', 'handler'])('and is read in a %s', (place) => {
      it.each(Object.keys(readers))('by %s comes with one version', async (reader) => {
        await post(`${place}/${reader}`, ...bodyOf(reader));
        expect(await outcome('middleware', ...handled)).toEqual(ONE_VERSION);
        const notes = journal.reads.get('1')!.filter(([step]) => !known.includes(step));
        expect(notes.length).toBeGreaterThanOrEqual(ONLY_AT_THE_END.test(reader) ? 1 : 3);
      });

      it.each(Object.keys(framings))('with %s comes with one version', async (framing) => {
        const reader = "'data' and 'end'";
        await post(`${place}/${reader}`, ...bodyOf(reader), framings[framing]);
        expect(await outcome('data', 'end', ...handled)).toEqual(ONE_VERSION);
        expect(journal.reads.get('1')!.filter(([step]) => step === 'data').length).toBeGreaterThanOrEqual(3);
      });
    });

    const parsed: [type: string, body: string][] = [
      ['application/json', JSON.stringify({ text: TEXT })],
      ['application/x-www-form-urlencoded', `text=${encodeURIComponent(TEXT)}`],
      ['text/plain', TEXT],
      ['application/octet-stream', TEXT],
      ...(name === 'Fastify'
        ? ['callback', 'async', 'string', 'buffer'].map((way): [string, string] => [`parsed/${way}`, TEXT])
        : []),
    ];
    it.each(parsed)('and is parsed as %s comes with one version', async (type, body) => {
      await post('parsed', type, body);
      expect(await outcome('middleware', 'parser', ...handled)).toEqual(ONE_VERSION);
    });

    it.runIf(name === 'Express')('and is read by multer comes with one version', async () => {
      await post('multer', MULTIPART, FORM);
      expect(await outcome('file', 'file data', 'file end', ...handled)).toEqual(ONE_VERSION);
    });
    it.runIf(name === 'Fastify').each(['stream', 'buffer'])(
      'and is read by @fastify/multipart as a %s comes with one version',
      async (how) => {
        await post(`parts/${how}`, MULTIPART, FORM);
        expect(await outcome('file', 'preParsing', 'preValidation', 'preHandler', ...handled)).toEqual(
          ONE_VERSION,
        );
      },
    );

    it('and that nobody reads leaves no pin', async () => {
      await post('parsed', 'application/x-pieces', TEXT);
      expect(await outcome('middleware', ...handled)).toEqual(ONE_VERSION);
    });

    it('does not share its version with the next one of its connection', async () => {
      const reader = "'data' and 'end'";
      const seen: number[] = [];
      for (let request = 0; request < 2; request += 1) {
        client.received = '';
        journal.reads.clear();
        const now = flips.current;
        await post(`middleware/${reader}`, ...bodyOf(reader));
        expect(await outcome('data', 'end', ...handled)).toEqual(ONE_VERSION);
        seen.push(now, ...journal.versions());
      }
      expect(seen).toEqual([seen[0], seen[0], seen[2], seen[2]]);
      expect(seen[2]).toBeGreaterThan(seen[0]!);
    });

    it('does not share its version with one that is sent before the first is answered', async () => {
      const path = "middleware/'data' and 'end'";
      const request = (id: string) => {
        const [line, headers] = routeTo(path, 'application/x-pieces', id);
        return head(line, [...headers, `Content-Length: ${TEXT.length}`]);
      };
      const pieces = inPieces(Buffer.from(TEXT));
      await client.send(request('1'));
      for (const piece of pieces.slice(0, 2)) {
        await flips.flip();
        await client.send(piece);
      }
      const now = flips.current;
      await client.send(`${String(pieces[2])}${request('2')}`);
      expect(journal.reads.get('2')?.[0]).toEqual(['middleware', now]);
      await flips.flip();
      for (const piece of pieces) await client.send(piece);
      await until('both are answered', () => client.statuses.length === 2);
      expect(client.statuses).toEqual([201, 201]);
      expect(await outcome('data', 'end', ...handled)).toEqual(ONE_VERSION);
      expect(journal.versions('2')).toHaveLength(1);
      expect(journal.versions('2')[0]).toBeGreaterThanOrEqual(now);
      expect(journal.steps('2')).toEqual(expect.arrayContaining(['data', 'end', ...handled]));
    });
  },
);

/** The parsers of Express, which Nest registers, each with a check that notes. */
function addExpressParsers(app: NestExpressApplication, journal: Journal): void {
  const verify = (request: IncomingMessage) => journal.note(request, 'parser');
  app.useBodyParser('json', { verify });
  app.useBodyParser('urlencoded', { verify, extended: true });
  app.useBodyParser('text', { verify });
  app.useBodyParser('raw', { verify });
}

async function addFastifyParsers(app: NestFastifyApplication, journal: Journal): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  await fastify.register(multipart);
  fastify.addContentTypeParser('application/x-pieces', (_request, _payload, done) => done(null));
  fastify.addContentTypeParser('parsed/callback', (request, payload, done) => {
    payload
      .on('data', () => journal.note(request, 'data'))
      .on('end', () => {
        journal.note(request, 'parser');
        done(null);
      });
  });
  fastify.addContentTypeParser('parsed/async', async (request: WithHeaders, payload: IncomingMessage) => {
    for await (const chunk of payload) journal.note(request, `chunk ${typeof chunk}`);
    journal.note(request, 'parser');
  });
  for (const parseAs of ['string', 'buffer'] as const)
    fastify.addContentTypeParser(`parsed/${parseAs}`, { parseAs }, (request, _body, done) => {
      journal.note(request, 'parser');
      done(null);
    });
  for (const type of [
    'application/json',
    'application/x-www-form-urlencoded',
    'text/plain',
    'application/octet-stream',
  ])
    app.useBodyParser(type, {}, (request, _body, done) => {
      journal.note(request, 'parser');
      done(null, {});
    });
  fastify.addHook('preParsing', async (request) => {
    await journal.step(request, 'preParsing');
  });
  fastify.addHook('preValidation', (request, _reply, done) => {
    journal.note(request, 'preValidation');
    done();
  });
  fastify.addHook('preHandler', async (request) => {
    await journal.step(request, 'preHandler');
  });
}
