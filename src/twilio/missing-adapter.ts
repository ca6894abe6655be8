import { EventEmitter } from 'node:events';
import type { WebSocketAdapter } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';

/** What a {@link MissingAdapter} makes: nobody ever connects to it. */
export class MissingServer extends EventEmitter {}

/**
 * Stands in while the host has installed no WebSocket adapter. Without it Nest would look for socket.io, and where
 * that is not installed end the process with advice that does not help; so our own error can name the fix.
 */
export class MissingAdapter implements WebSocketAdapter {
  static standIn(application: ApplicationConfig): void {
    const installed = application.getIoAdapter() as WebSocketAdapter | null | undefined;
    if (installed === null || installed === undefined) application.setIoAdapter(new MissingAdapter());
  }

  create(): MissingServer {
    return new MissingServer();
  }

  bindClientConnect(): void {
    // nobody connects
  }

  bindMessageHandlers(): void {
    // nobody connects
  }

  close(): void {
    // nothing is open
  }

  /** Nest calls this when the application closes, though the interface does not have it. */
  dispose(): void {
    // nothing is open
  }
}
