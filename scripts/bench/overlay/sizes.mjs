import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** @param {string} file */
const gzOf = (file) => gzipSync(readFileSync(file), { level: 9 }).length;

/**
 * Bytes of the built extension, compressed: what its manifest puts into the top frame and into every other frame of a page, what
 * comes when the overlay is first opened, and the archives that are handed out.
 * @param {string} dist where the build is
 * @param {string} chrome its folder for Chrome
 */
export function measureSizes(dist, chrome) {
  /** @type {{ content_scripts: { js: string[], all_frames?: boolean }[] }} */
  const { content_scripts } = JSON.parse(readFileSync(join(chrome, 'manifest.json'), 'utf8'));
  /** @param {typeof content_scripts} scripts */
  const sum = (scripts) => scripts.flatMap(({ js }) => js).reduce((bytes, file) => bytes + gzOf(join(chrome, file)), 0);
  return {
    // A script for all frames runs in the top one too.
    top: sum(content_scripts),
    frame: sum(content_scripts.filter(({ all_frames }) => all_frames)),
    panel: gzOf(join(chrome, 'overlay-panel.js')),
    zips: {
      chrome: statSync(join(dist, 'codex-builder-chrome.zip')).size,
      firefox: statSync(join(dist, 'codex-builder-firefox.zip')).size,
    },
  };
}
