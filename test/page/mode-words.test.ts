import { expect, test } from 'vitest';
import { modeWords } from '../../daemon/page/mode-words.ts';

test.each<[string | undefined, string | undefined, string | undefined]>([
  [undefined, undefined, undefined],
  [undefined, '100755', 'executable'],
  ['100644', '100755', 'made executable'],
  ['120000', '100755', 'made executable'],
  ['100755', '100644', 'no longer executable'],
  ['100755', '100755', undefined],
  ['100755', undefined, undefined],
  [undefined, '120000', 'symbolic link'],
  ['120000', undefined, 'symbolic link'],
  ['120000', '120000', 'symbolic link'],
  ['100644', '120000', 'now a symbolic link'],
  ['120000', '100644', 'now a plain file'],
  ['160000', '160000', 'submodule'],
  ['100644', '999999', undefined],
])('from %s to %s: %s', (oldMode, newMode, words) => {
  expect(modeWords({ ...(oldMode ? { oldMode } : {}), ...(newMode ? { newMode } : {}) })).toBe(words);
});
