import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { z } from 'zod';
import { openAiAgentSchema } from '../../src/conversation/openai/openai.options.js';
import { scribeSchema } from '../../src/listening/elevenlabs/scribe.options.js';
import { elevenLabsSchema } from '../../src/tts/elevenlabs/elevenlabs.options.js';
import { twilioVoiceSchema } from '../../src/twilio-voice.options.js';

/** Where the options are written down; one whose names another spreads comes in any order. */
const FILES = [
  'twilio-voice.options.ts',
  'limits/limits.options.ts',
  'limits/outbound.options.ts',
  'call/handover.options.ts',
  'call/drain.options.ts',
  'listening/listening.options.ts',
  'conversation/openai/openai.options.ts',
  'conversation/tools/tool-use.options.ts',
  'listening/elevenlabs/scribe.options.ts',
  'tts/elevenlabs/account.options.ts',
  'tts/elevenlabs/elevenlabs.options.ts',
];

interface Table {
  readonly title: string;
  /** The constant that holds the schema. */
  readonly name: string;
  readonly schema: z.ZodType;
  /** What has no default. */
  readonly required: object;
}

const key = { apiKey: 'k' };
const TABLES: readonly Table[] = [
  {
    title: '`TwilioVoiceModule.forRoot` and `forRootAsync`',
    name: 'twilioVoiceSchema',
    schema: twilioVoiceSchema,
    required: {},
  },
  { title: '`openAiAgentOptions`', name: 'openAiAgentSchema', schema: openAiAgentSchema, required: key },
  {
    title: '`elevenLabsVoice`',
    name: 'elevenLabsSchema',
    schema: elevenLabsSchema,
    required: { ...key, voiceId: 'v' },
  },
  { title: '`elevenLabsTranscriber`', name: 'scribeSchema', schema: scribeSchema, required: key },
];

interface JsonSchema {
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
}

/** Every option with its unit, its default and what its docstring says: Markdown, from the schemas themselves. */
export function optionsTables(): string {
  const docs = new Docs();
  return TABLES.map(({ title, name, schema, required }) => {
    const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
    const rows = rowsOf(json, schema.parse(required), docs.object(name), docs).map(
      (row) => `| ${row.join(' | ')} |`,
    );
    const head = ['| Option | Unit | Default | |', '| --- | --- | --- | --- |'];
    return [title, '', ...head, ...rows].join('\n');
  }).join('\n\n');
}

type Row = readonly [option: string, unit: string, standard: string, text: string];

function rowsOf(
  { properties = {} }: JsonSchema,
  defaults: unknown,
  object: ts.ObjectLiteralExpression | undefined,
  docs: Docs,
  prefix = '',
): Row[] {
  return Object.entries(properties).flatMap(([name, property]): Row[] => {
    const found = object && docs.property(object, name);
    const standard = (Object(defaults) as Record<string, unknown>)[name];
    const path = `${prefix}${name}`;
    if (property.properties !== undefined)
      return rowsOf(property, standard, found && docs.objectIn(found.value), docs, `${path}.`);
    if (found === undefined || found.doc === '') throw new Error(`${path} has no docstring`);
    return [
      [
        `\`${path}\``,
        unitOf(name),
        shown(name in REQUIRED ? undefined : (property.default ?? standard)),
        escaped(found.doc),
      ],
    ];
  });
}

/** Without a default. */
const REQUIRED = { apiKey: true, voiceId: true };

const escaped = (text: string): string => text.replaceAll('|', '\\|');

const UNITS: readonly (readonly [RegExp, string])[] = [
  [/Ms$/, 'ms'],
  [/Seconds$/, 's'],
  [/Bytes$/, 'bytes'],
  [/Db$/, 'dB'],
  [/^(tokens|maxTokens)$/, 'tokens'],
  [/Characters$/, 'characters'],
];
const unitOf = (name: string): string => UNITS.find(([suffix]) => suffix.test(name))?.[1] ?? '';

function shown(value: unknown): string {
  if (value === undefined) return '–';
  return typeof value === 'number' ? value.toString() : `\`${escaped(JSON.stringify(value))}\``;
}

interface Property {
  readonly value: ts.Expression;
  readonly doc: string;
}

/** The docstrings of the options' files. */
class Docs {
  readonly #consts = new Map<string, ts.Expression>();

  constructor() {
    for (const file of FILES) {
      const path = fileURLToPath(new URL(`../../src/${file}`, import.meta.url));
      const source = ts.createSourceFile(file, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
      for (const statement of source.statements)
        if (ts.isVariableStatement(statement))
          for (const { name, initializer } of statement.declarationList.declarations)
            if (initializer !== undefined) this.#consts.set(name.getText(), initializer);
    }
  }

  /** The object of the constant of that name. */
  object(name: string): ts.ObjectLiteralExpression | undefined {
    const initializer = this.#consts.get(name);
    return initializer && this.objectIn(initializer);
  }

  /** The first object literal in an expression; of a name or a call, that of what it stands for. */
  objectIn(node: ts.Node): ts.ObjectLiteralExpression | undefined {
    if (ts.isObjectLiteralExpression(node)) return node;
    if (ts.isIdentifier(node)) return this.object(node.text);
    return ts.forEachChild(node, (child) => this.objectIn(child));
  }

  property(object: ts.ObjectLiteralExpression, name: string): Property | undefined {
    let found: Property | undefined;
    for (const property of object.properties) {
      if (ts.isSpreadAssignment(property)) {
        const spread = this.objectIn(property.expression);
        found = (spread && this.property(spread, name)) ?? found;
      } else if (property.name.getText() === name) {
        const value = ts.isPropertyAssignment(property) ? property.initializer : property.name;
        if (ts.isExpression(value)) found = { value, doc: docOf(property) || (found?.doc ?? '') };
      }
    }
    return found;
  }
}

function docOf(node: ts.Node): string {
  const [doc] = ts.getJSDocCommentsAndTags(node);
  const comment = doc !== undefined && ts.isJSDoc(doc) ? ts.getTextOfJSDocComment(doc.comment) : undefined;
  return (comment ?? '').replace(/\s*\n\s*/g, ' ').trim();
}
