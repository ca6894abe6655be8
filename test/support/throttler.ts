import * as common from '@nestjs/common';
import * as core from '@nestjs/core';
import { commonJsPackage } from './commonjs-package.js';

/** `@nestjs/throttler`, the real one. */
export const { SkipThrottle, ThrottlerGuard, ThrottlerModule } = commonJsPackage('@nestjs/throttler', {
  '@nestjs/common': common,
  '@nestjs/core': core,
}) as typeof import('@nestjs/throttler');
