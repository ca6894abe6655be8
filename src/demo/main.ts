import 'reflect-metadata';
import { readArguments, USAGE } from './arguments.js';
import { terminalStyle } from './terminal-style.js';

const { argv, env, platform, stdout } = process;

// A reader such as `head` that has seen enough is no failure.
stdout.on('error', () => process.exit(0));

try {
  const { help, withoutClear } = readArguments(argv.slice(2));
  if (help) console.log(USAGE);
  else {
    const { runDemo } = await import('./demo.js');
    const { isTTY, columns } = stdout;
    const style = terminalStyle({ isTTY, columns, platform, environment: env });
    await runDemo({
      withoutClear,
      style,
      write: (line) => {
        console.log(line);
      },
    });
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
