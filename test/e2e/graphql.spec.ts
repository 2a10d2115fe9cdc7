import 'reflect-metadata';
import type { Server, ServerResponse } from 'node:http';
import { Module, UseGuards, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  Args,
  Field,
  GraphQLModule,
  Int,
  Mutation,
  ObjectType,
  Parent,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FlipGuard } from '../support/flip-enhancers.js';
import { Flips, flippingConfig } from '../support/flips.js';
import { Gate } from '../support/gate.js';
import { RawClient } from '../support/raw-client.js';
import { until } from '../support/until.js';

@ObjectType()
class Answer {
  @Field(() => Int)
  n!: number;

  @Field(() => Int)
  resolved?: number;
}

@Resolver(() => Answer)
@UseGuards(FlipGuard)
class AnswerResolver {
  readonly gate = new Gate();
  constructor(private readonly flips: Flips) {}

  @Query(() => [Answer])
  async answers(): Promise<Answer[]> {
    const n = await this.flips.step('query');
    return [{ n }, { n }];
  }

  /** Its fields are resolved after the client has left. */
  @Query(() => Answer)
  async late(): Promise<Answer> {
    await this.gate.wait();
    return { n: await this.flips.step('query') };
  }

  @Mutation(() => Answer)
  async answer(@Args('text') _text: string): Promise<Answer> {
    return { n: await this.flips.step('mutation') };
  }

  @ResolveField(() => Int)
  resolved(@Parent() _answer: Answer): Promise<number> {
    return this.flips.step('field');
  }
}

describe('A GraphQL operation', () => {
  let app: INestApplication;
  let flips: Flips;

  beforeAll(async () => {
    const { imports, providers } = flippingConfig();
    @Module({
      imports: [
        ...imports,
        GraphQLModule.forRoot<ApolloDriverConfig>({
          driver: ApolloDriver,
          autoSchemaFile: true,
          csrfPrevention: false,
        }),
      ],
      providers: [...providers, AnswerResolver],
    })
    class AppModule {}
    app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
    await app.listen(0, '127.0.0.1');
    flips = app.get(Flips);
  });
  afterAll(() => app.close());

  async function ask(query: string): Promise<unknown> {
    flips.seen.length = 0;
    const response = await fetch(`${await app.getUrl()}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    return response.json();
  }

  it('reads one version in a query, its guards and its field resolvers', async () => {
    const n = flips.current;
    const answer = { n, resolved: n };
    expect(await ask('{ answers { n resolved } }')).toEqual({ data: { answers: [answer, answer] } });
    expect(flips.steps).toEqual(expect.arrayContaining(['guard', 'query', 'field']));
    expect(flips.versions).toEqual([n]);
    expect(flips.current).toBeGreaterThan(n + 2);
  });

  it('keeps its version in resolvers that run after its client has disconnected, and holds no pin afterwards', async () => {
    flips.seen.length = 0;
    const n = flips.current;
    const { gate } = app.get(AnswerResolver);
    const client = await RawClient.connect(app);
    let response: ServerResponse | undefined;
    (app.getHttpServer() as Server).once('request', (_request, its: ServerResponse) => (response = its));
    const body = JSON.stringify({ query: '{ late { n resolved } }' });
    await client.sendHead('POST /graphql', [
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
    ]);
    await client.send(body);
    await until('the query waits', () => gate.arrivals === 1);
    client.close();
    await until('the response is closed', () => response?.closed);
    await flips.flip();
    gate.open();
    await until('the field has ended', () => flips.seen.filter(([step]) => step === 'field').length === 3);
    await until('all pins have ended', () => flips.pins === 0);
    expect(flips.versions).toEqual([n]);
  });

  it('reads one version in a mutation, and the next operation reads the next version', async () => {
    const n = flips.current;
    const mutation = 'mutation { answer(text: "Hello") { n resolved } }';
    expect(await ask(mutation)).toEqual({ data: { answer: { n, resolved: n } } });
    const now = flips.current;
    expect(now).toBeGreaterThan(n);
    expect(await ask(mutation)).toEqual({ data: { answer: { n: now, resolved: now } } });
  });
});
