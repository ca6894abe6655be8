import { Logger } from '@nestjs/common';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { CallEvent, CallRecord, Turn } from '../../src/index.js';

/** Everything that could give away what was said in a call: logs of all levels, events, records, what agents are told, spans. */
export class EverythingTold {
  readonly lines: string[] = [];
  readonly events: CallEvent[] = [];
  readonly records: CallRecord[] = [];
  readonly turns: Turn[] = [];
  spans: () => readonly ReadableSpan[] = () => [];

  /** From now on Nest's logger writes here, and nowhere else. */
  listen(): void {
    const log = (...parts: unknown[]) => void this.lines.push(parts.map(String).join(' '));
    Logger.overrideLogger({ log, error: log, warn: log, debug: log, verbose: log, fatal: log });
  }

  /** @returns which of them hold `secret`, with the text around it */
  leaksOf(secret: RegExp): string[] {
    const sources = {
      log: this.lines.join('\n'),
      event: this.events.map(asText).join('\n'),
      record: this.records.map(asText).join('\n'),
      agent: this.turns.map(({ transcript, history }) => asText({ transcript, history })).join('\n'),
      span: this.spans()
        .map(({ name, attributes, events, status, links }) =>
          asText({ name, attributes, events, status, links }),
        )
        .join('\n'),
    };
    return Object.entries(sources).flatMap(([source, all]) => {
      const text = withoutIds(all);
      const found = secret.exec(text);
      return found === null
        ? []
        : [`${source}: …${text.slice(Math.max(0, found.index - 60), found.index + 60)}…`];
    });
  }
}

/** With the messages and stacks of errors, which JSON leaves out; without numbers and ids, which may look like anything. */
const asText = (value: unknown): string =>
  JSON.stringify(value, (_, field: unknown) => {
    if (typeof field === 'number') return 0;
    if (!(field instanceof Error)) return field;
    return Object.assign({}, field, { name: field.name, message: field.message, stack: field.stack });
  });

const withoutIds = (text: string): string => text.replace(/(?:CA|MZ|AC)[0-9a-f]{32}/g, '(id)');
