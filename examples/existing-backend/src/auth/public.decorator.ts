import { SetMetadata } from '@nestjs/common';

export const IS_PUBLIC = 'isPublic';
/** Lets a route pass without a token. */
export const Public = () => SetMetadata(IS_PUBLIC, true);
