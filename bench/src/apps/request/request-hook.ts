import type { ServerResponse } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import type { ExpressAdapter } from '@nestjs/platform-express';
import type { FastifyAdapter } from '@nestjs/platform-fastify';

type Hook = (response: ServerResponse, done: () => void) => void;

/** Calls the hook with Node's own response of each request, before everything else of it. */
export function onEachRequest(app: INestApplication, hook: Hook): void {
  const adapter = app.getHttpAdapter() as ExpressAdapter | FastifyAdapter;
  if (isFastify(adapter)) adapter.setOnRequestHook((_request, reply, done) => hook(reply.raw, done));
  else adapter.setOnRequestHook((_request, response, done) => hook(response, done));
}

function isFastify(adapter: ExpressAdapter | FastifyAdapter): adapter is FastifyAdapter {
  return adapter.getType() === 'fastify';
}
