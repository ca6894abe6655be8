#!/usr/bin/env node
/** The command line: `doctor`, which `--help` without a command is about too, and `call`. */
await import(process.argv[2] === 'call' ? './test-call/main.js' : './doctor/main.js');

export {};
