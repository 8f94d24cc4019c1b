import { existsSync } from 'node:fs';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where the machine's Chromium is. Throws, with what to do, when there is none: a browser test never passes by being left out. */
export function findChromium(): string {
  const found = PLACES.find((place) => existsSync(place));
  if (found === undefined) throw new Error('no Chromium on this machine: apt-get install -y chromium');
  return found;
}

/** Quiet, offline and without a sandbox of its own, which containers refuse to nest. */
export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
] as const;
