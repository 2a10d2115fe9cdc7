import type { ExecutionContext, WebSocketAdapter } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import type { Pins } from './pins.js';

/**
 * Pins every message of a microservice, guards included, by Nest's pre-request hook. In a hybrid application it needs
 * `inheritAppConfig: true`.
 */
export function pinRpcMessages(application: ApplicationConfig, pins: Pins): void {
  application.registerPreRequestHook((context, next) =>
    pins.runPinned(next, undefined, () => describe(context)),
  );
}

function describe(context: ExecutionContext): string {
  return `${context.getClass().name}.${context.getHandler().name}`;
}

/**
 * Pins every message of a WebSocket gateway, guards and filters included. No hook of Nest's comes before a gateway's
 * guards, so it is done where all messages pass: the adapter binding them to their handlers.
 */
export function pinWebSocketMessages(application: ApplicationConfig, pins: Pins): void {
  const setAdapter = application.setIoAdapter.bind(application);
  // The adapter of `app.useWebSocketAdapter()`, or the one that Nest loads when it meets the first gateway.
  application.setIoAdapter = (adapter) => setAdapter(pinned(adapter, pins));
  const present = application.getIoAdapter() as WebSocketAdapter | null;
  if (present !== null) setAdapter(pinned(present, pins));
}

function pinned(adapter: WebSocketAdapter, pins: Pins): WebSocketAdapter {
  const bindHandlers = adapter.bindMessageHandlers.bind(adapter);
  adapter.bindMessageHandlers = (client, handlers, transform) => {
    const pinnedHandlers = handlers.map((handler) => {
      const callback = handler.callback as (...parameters: unknown[]) => Promise<never>;
      const describeMessage = () => `the message ${String(handler.message)}`;
      return {
        ...handler,
        callback: (...parameters: unknown[]) =>
          pins.runPinned(() => callback(...parameters), undefined, describeMessage),
      };
    });
    bindHandlers(client, pinnedHandlers, transform);
  };
  return adapter;
}
