import type { WebSocketAdapter } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { finalize } from 'rxjs';
import type { Pin } from '../../pinning/pin.js';
import type { Pins } from '../../pinning/pins.js';

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
    const pinOf = new WeakMap<Promise<unknown>, Pin>();
    const pinnedHandlers = handlers.map((handler) => {
      const callback = handler.callback as (...parameters: unknown[]) => Promise<never>;
      const describeMessage = () => `the message ${String(handler.message)}`;
      return {
        ...handler,
        callback: (...parameters: unknown[]) => {
          const pin = pins.take(undefined, describeMessage);
          const reply = pins.runIn(pin, () => callback(...parameters));
          pinOf.set(reply, pin);
          return reply;
        },
      };
    });
    // Adapters unsubscribe from the replies when the client goes away. Without this, a stream of replies that was
    // not there by then would never be subscribed to, never end, and hold its pin for ever.
    bindHandlers(client, pinnedHandlers, (reply: Promise<unknown>) =>
      transform(reply).pipe(finalize(() => pinOf.get(reply)?.end())),
    );
  };
  return adapter;
}
