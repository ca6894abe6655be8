import * as common from '@nestjs/common';
import * as core from '@nestjs/core';
import type * as throttler from '@nestjs/throttler';
import { commonJsPackage } from './commonjs-package.js';

/** `@nestjs/throttler`, the real one. */
export const { SkipThrottle, ThrottlerGuard, ThrottlerModule } = commonJsPackage('@nestjs/throttler', {
  '@nestjs/common': common,
  '@nestjs/core': core,
}) as typeof throttler;
