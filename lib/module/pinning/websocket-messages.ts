import type { WebSocketAdapter } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { finalize } from 'rxjs';
import type { Pin } from '../../pinning/pin.js';
import type { Pins } from '../../pinning/pins.js';

/**
 * Pins every message of a WebSocket gateway, including its guards and filters. No hook of Nest runs before the guards of a
 * gateway, so this wraps the method through which all messages pass: the adapter's binding of messages to handlers.
 */
export function pinWebSocketMessages(application: ApplicationConfig, pins: Pins): void {
  const setAdapter = application.setIoAdapter.bind(application);
  // The adapter of `app.useWebSocketAdapter()`, or the one that Nest loads for the first gateway.
  application.setIoAdapter = (adapter) => setAdapter(pinned(adapter, pins));
  const present = application.getIoAdapter() as WebSocketAdapter | null;
  if (present !== null) setAdapter(pinned(present, pins));
}

function pinned(adapter: WebSocketAdapter, pins: Pins): WebSocketAdapter {
  const bindHandlers = adapter.bindMessageHandlers.bind(adapter);
  adapter.bindMessageHandlers = (client, handlers, transform) => {
    const pinOf = new WeakMap<Promise<unknown>, Pin>();
    const pinnedHandlers = handlers.map((handler) => {
      const callback = handler.callback as (...parameters: unknown[]) => Promise<never>;
      const describeMessage = () => `the message ${JSON.stringify(handler.message)}`;
      return {
        ...handler,
        callback: (...parameters: unknown[]) => {
          const pin = pins.take(undefined, describeMessage);
          const reply = pins.runToEnd(pin, () => callback(...parameters));
          pinOf.set(reply, pin);
          return reply;
        },
      };
    });
    // Adapters unsubscribe from the replies when the client disconnects. A stream of replies that is created after that
    // is never subscribed to and never ends: without `finalize` it would hold its pin for ever.
    bindHandlers(client, pinnedHandlers, (reply: Promise<unknown>) =>
      transform(reply).pipe(finalize(() => pinOf.get(reply)?.end())),
    );
  };
  return adapter;
}
