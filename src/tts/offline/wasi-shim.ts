/** What a WASI program left behind. */
export interface WasiResult {
  /** 0 is success. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Files the program wrote, by path without the leading slash. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

const OK = 0;
const BAD_DESCRIPTOR = 8;
const NO_SUCH_FILE = 44;
const ROOT = 3;
const CHARACTER_DEVICE = 2;
const DIRECTORY = 3;
const REGULAR_FILE = 4;
const CREATE = 1;
const TRUNCATE = 8;

class ProgramExit {
  constructor(readonly code: number) {}
}

/** A file that grows in memory. */
class MemoryFile {
  #bytes = new Uint8Array(1 << 16);
  #length = 0;
  position = 0;

  get contents(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  write(part: Uint8Array): void {
    const end = this.position + part.length;
    if (end > this.#bytes.length) this.#grow(end);
    this.#bytes.set(part, this.position);
    this.position = end;
    this.#length = Math.max(this.#length, end);
  }

  read(into: Uint8Array): number {
    const part = this.contents.subarray(this.position, this.position + into.length);
    into.set(part);
    this.position += part.length;
    return part.length;
  }

  truncate(): void {
    this.#length = 0;
    this.position = 0;
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.contents);
    this.#bytes = larger;
  }
}

/** The part of WASI preview 1 that a command-line program without input needs; its files are in memory. */
class WasiHost {
  readonly #out = new MemoryFile();
  readonly #error = new MemoryFile();
  readonly #files = new Map<string, MemoryFile>();
  readonly #open = new Map<number, MemoryFile>([
    [0, new MemoryFile()],
    [1, this.#out],
    [2, this.#error],
  ]);
  readonly #args: readonly Uint8Array[];
  #nextDescriptor = ROOT + 1;
  #memory = new WebAssembly.Memory({ initial: 0 });

  constructor(args: readonly string[]) {
    this.#args = args.map((arg) => new TextEncoder().encode(`${arg}\0`));
  }

  readonly imports: Record<string, (...args: never[]) => number> = {
    args_sizes_get: (count: number, size: number) => {
      this.#view.setUint32(count, this.#args.length, true);
      this.#view.setUint32(
        size,
        this.#args.reduce((sum, arg) => sum + arg.length, 0),
        true,
      );
      return OK;
    },
    args_get: (pointers: number, buffer: number) => {
      let at = buffer;
      this.#args.forEach((arg, index) => {
        this.#view.setUint32(pointers + index * 4, at, true);
        this.#bytes(at, arg.length).set(arg);
        at += arg.length;
      });
      return OK;
    },
    // The time is always zero, so the same words always give the same bytes.
    clock_time_get: (_clock: number, _precision: bigint, time: number) => {
      this.#view.setBigUint64(time, 0n, true);
      return OK;
    },
    fd_close: (descriptor: number) => (this.#open.delete(descriptor) ? OK : BAD_DESCRIPTOR),
    fd_fdstat_get: (descriptor: number, stat: number) => {
      const kind = this.#kindOf(descriptor);
      if (kind === undefined) return BAD_DESCRIPTOR;
      this.#bytes(stat, 24).fill(0);
      this.#view.setUint8(stat, kind);
      const allRights = 0xffff_ffff_ffff_ffffn;
      this.#view.setBigUint64(stat + 8, allRights, true);
      this.#view.setBigUint64(stat + 16, allRights, true);
      return OK;
    },
    fd_fdstat_set_flags: () => OK,
    fd_prestat_get: (descriptor: number, stat: number) => {
      if (descriptor !== ROOT) return BAD_DESCRIPTOR;
      this.#view.setUint32(stat, 0, true);
      this.#view.setUint32(stat + 4, 1, true);
      return OK;
    },
    fd_prestat_dir_name: (descriptor: number, path: number) => {
      if (descriptor !== ROOT) return BAD_DESCRIPTOR;
      this.#view.setUint8(path, '/'.charCodeAt(0));
      return OK;
    },
    path_open: (
      _folder: number,
      _lookup: number,
      path: number,
      length: number,
      flags: number,
      _rights: bigint,
      _inheriting: bigint,
      _descriptorFlags: number,
      opened: number,
    ) => {
      const file = this.#find(new TextDecoder().decode(this.#bytes(path, length)), flags);
      if (file === undefined) return NO_SUCH_FILE;
      const descriptor = this.#nextDescriptor++;
      this.#open.set(descriptor, file);
      this.#view.setUint32(opened, descriptor, true);
      return OK;
    },
    fd_read: (descriptor: number, vectors: number, count: number, total: number) =>
      this.#transfer(descriptor, vectors, count, total, (file, part) => file.read(part)),
    fd_write: (descriptor: number, vectors: number, count: number, total: number) =>
      this.#transfer(descriptor, vectors, count, total, (file, part) => {
        file.write(part);
        return part.length;
      }),
    fd_seek: (descriptor: number, offset: bigint, whence: number, position: number) => {
      const file = this.#open.get(descriptor);
      if (file === undefined) return BAD_DESCRIPTOR;
      const base = [0, file.position, file.contents.length][whence] ?? 0;
      file.position = base + Number(offset);
      this.#view.setBigUint64(position, BigInt(file.position), true);
      return OK;
    },
    proc_exit: (code: number) => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- not an error: how a program ends from within
      throw new ProgramExit(code);
    },
  };

  run(program: WebAssembly.Module): WasiResult {
    const instance = new WebAssembly.Instance(program, { wasi_snapshot_preview1: this.imports });
    this.#memory = instance.exports.memory as WebAssembly.Memory;
    return {
      exitCode: this.#start(instance.exports._start as () => void),
      stdout: new TextDecoder().decode(this.#out.contents),
      stderr: new TextDecoder().decode(this.#error.contents),
      files: new Map([...this.#files].map(([path, file]) => [path, file.contents])),
    };
  }

  #start(start: () => void): number {
    try {
      start();
      return 0;
    } catch (reason) {
      if (reason instanceof ProgramExit) return reason.code;
      throw reason;
    }
  }

  // A fresh view each time: the program's memory moves when it grows.
  get #view(): DataView {
    return new DataView(this.#memory.buffer);
  }

  #bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, at, length);
  }

  #kindOf(descriptor: number): number | undefined {
    if (descriptor === ROOT) return DIRECTORY;
    if (!this.#open.has(descriptor)) return undefined;
    return descriptor < ROOT ? CHARACTER_DEVICE : REGULAR_FILE;
  }

  #find(path: string, flags: number): MemoryFile | undefined {
    let file = this.#files.get(path);
    if (file === undefined && (flags & CREATE) !== 0) {
      file = new MemoryFile();
      this.#files.set(path, file);
    }
    if ((flags & TRUNCATE) !== 0) file?.truncate();
    return file;
  }

  #transfer(
    descriptor: number,
    vectors: number,
    count: number,
    total: number,
    move: (file: MemoryFile, part: Uint8Array) => number,
  ): number {
    const file = this.#open.get(descriptor);
    if (file === undefined) return BAD_DESCRIPTOR;
    const view = this.#view;
    let moved = 0;
    for (let at = vectors; at < vectors + count * 8; at += 8) {
      moved += move(file, this.#bytes(view.getUint32(at, true), view.getUint32(at + 4, true)));
    }
    view.setUint32(total, moved, true);
    return OK;
  }
}

/**
 * Runs a compiled WASI command once, with files in memory only.
 *
 * @param args the command line, the program's own name first
 */
export function runWasi(program: WebAssembly.Module, args: readonly string[]): WasiResult {
  return new WasiHost(args).run(program);
}
