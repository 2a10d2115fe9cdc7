import 'reflect-metadata';
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
  constructor(private readonly flips: Flips) {}

  @Query(() => [Answer])
  async answers(): Promise<Answer[]> {
    const n = await this.flips.step('query');
    return [{ n }, { n }];
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

  it('reads one version in a mutation, and the next operation reads the next version', async () => {
    const n = flips.current;
    const mutation = 'mutation { answer(text: "Hello") { n resolved } }';
    expect(await ask(mutation)).toEqual({ data: { answer: { n, resolved: n } } });
    const now = flips.current;
    expect(now).toBeGreaterThan(n);
    expect(await ask(mutation)).toEqual({ data: { answer: { n: now, resolved: now } } });
  });
});
