import { rm } from 'node:fs/promises';

export default async function tearDown() {
  const { HOSTS_TO_REMOVE: directory = '' } = process.env;
  if (directory !== '') await rm(directory, { recursive: true, force: true });
}
