import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { clearTimeout, setTimeout } from 'node:timers';
import { HERE } from './folders.mjs';

const ANSWER_MS = 30_000;
const EXIT_MS = 5_000;

/** Whether a process can be given a core of its own. */
export const CAN_PIN = availableParallelism() > 1 && spawnSync('taskset', ['-V']).status === 0;

/** A process of the benchmark that answers requests over IPC. */
export class Child {
  #process;
  #name;
  #answers = new Map();
  #lastId = 0;
  #failure;
  /** The end of what it wrote to its standard error. */
  complaint = '';

  /** @param {{ core?: number, nodeFlags?: string[] }} options */
  constructor(name, module, args, { core, nodeFlags = [] }) {
    const command = [process.execPath, ...nodeFlags, HERE + module, ...args];
    const [file, ...rest] =
      CAN_PIN && core !== undefined ? ['taskset', '-c', String(core), ...command] : command;
    this.#name = name;
    this.#process = spawn(file, rest, { stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    this.#process.stderr.on('data', (text) => (this.complaint = (this.complaint + text).slice(-2_000)));
    this.#process.on('message', ({ id, answer, error }) => {
      this.#answers.get(id)?.(error, answer);
      this.#answers.delete(id);
    });
    this.#process.on('error', (error) => this.#fail(error.message));
    this.#process.on('exit', (code, signal) => this.#fail(`ended with ${signal ?? code}: ${this.complaint}`));
  }

  /** @returns what the child answers to `request` */
  async ask(request, body = {}, timeoutMs = ANSWER_MS) {
    if (this.#failure !== undefined) throw this.#failure;
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`${this.#name}: no answer to ${request}`)), timeoutMs);
      this.#answers.set(id, (error, answer) => {
        clearTimeout(late);
        if (error === undefined) resolve(answer);
        else reject(new Error(`${this.#name}: ${error}`));
      });
      this.#process.send({ id, request, body }, (error) => {
        if (error) this.#fail(error.message);
      });
    });
  }

  /** Lets it end by itself, so that a profile is written; else ends it. */
  async close() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const late = setTimeout(() => this.#process.kill('SIGKILL'), EXIT_MS);
    const exit = once(this.#process, 'exit');
    if (this.#process.connected) this.#process.disconnect();
    await exit;
    clearTimeout(late);
  }

  #fail(reason) {
    this.#failure ??= new Error(`${this.#name}: ${reason}`);
    for (const answer of this.#answers.values()) answer(reason);
    this.#answers.clear();
  }
}
