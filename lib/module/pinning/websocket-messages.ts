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
          const pin = pins.takeForMessage(describeMessage);
          const reply = pins.runToEnd(pin, () => callback(...parameters));
          pinOf.set(reply, pin);
          return reply;
        },
      };
    });
    bindHandlers(client, pinnedHandlers, (reply: Promise<unknown>) =>
      transform(reply).pipe(
        finalize(() => {
          const pin = pinOf.get(reply);
          if (pin?.isHeld) endWithReply(pin, reply, pins);
        }),
      ),
    );
  };
  return adapter;
}

/**
 * Ends the pin of a message from whose reply the adapter has unsubscribed: the client has disconnected. The handler may
 * still run, so it ends when the reply has settled. A stream of replies that comes with it is never subscribed to.
 */
function endWithReply(pin: Pin, reply: Promise<unknown>, pins: Pins): void {
  const end = () => pin.end();
  void reply.then(end, end);
  pins.onCollected(reply, end); // nothing can settle it then
}
