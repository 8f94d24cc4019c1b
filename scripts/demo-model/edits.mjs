import { answer } from './answer.mjs';
import { contrastWithWhite } from './contrast.mjs';
import { EXAMPLES } from './examples.mjs';
import { addPage } from './page-edit.mjs';
import { addPhone } from './phone-edit.mjs';
import { change, inQuotes, inTemplate, read, swap, verify } from './steps.mjs';

/** @typedef {import('./steps.mjs').Edit} Edit */
/** @typedef {import('./understand.mjs').Request} Request */

/**
 * The edit that a request asks for.
 * @param {Request} request
 * @returns {Edit}
 */
export function editFor(request) {
  switch (request.kind) {
    case 'headline':
      return changeHeadline(request.text);
    case 'accent':
      return changeAccent(request.colour, request.name);
    case 'footer':
      return addFooterLine(request.text);
    case 'page':
      return addPage(request.path, request.title);
    case 'order':
      return sortPlants(request.by);
    case 'phone':
      return addPhone();
    case 'break':
      return breakTests();
    default:
      return refuse(request);
  }
}

/** @param {Request} request @returns {Edit} */
function* refuse(request) {
  const examples = EXAMPLES.map((example) => `• ${example.prompt}`).join('\n');
  const reason =
    request.kind === 'missing'
      ? `I would need ${request.what}.`
      : 'I am a small script, not a language model, and do not understand this request.';
  return answer(`${reason} I changed nothing. What I can do:\n${examples}`);
}

/** @param {string} text @returns {Edit} */
function* changeHeadline(text) {
  const path = 'pages/home.mjs';
  const before = (yield* read('I look at the home page first.', [path]))[path] ?? '';
  const after = swap(before, /<h1>[^\n]*<\/h1>/, `<h1>${inTemplate(text)}</h1>`, path);
  if (after === before) return answer(`the headline already says "${text}".`);
  const files = yield* change('I change the headline.', [{ path, before, after }]);
  const checks = yield* verify();
  return answer(`the headline on the home page now says "${text}". ${checks.note}`, {
    files,
    howToVerify: ['Open / and read the headline.'],
  });
}

/** @param {string} colour @param {string} name @returns {Edit} */
function* changeAccent(colour, name) {
  const path = 'public/style.css';
  const before = (yield* read('I look for the accent colour in the stylesheet.', [path]))[path] ?? '';
  const after = swap(before, /--accent: [^;]+;/, `--accent: ${colour};`, path);
  if (after === before) return answer(`the accent colour is ${name} already.`);
  const files = yield* change('I change the accent colour.', [{ path, before, after }]);
  const checks = yield* verify();
  const contrast = contrastWithWhite(colour);
  const risks = contrast < 4.5 ? [`White text on this colour has a contrast of only ${contrast.toFixed(1)}; 4.5 is wanted.`] : [];
  return answer(`the accent colour is now ${name}. ${checks.note}`, {
    files,
    risks,
    howToVerify: ['Open / and look at the button and the menu.'],
  });
}

/** @param {string} text @returns {Edit} */
function* addFooterLine(text) {
  const path = 'pages/layout.mjs';
  const before = (yield* read('I look at the frame around the pages.', [path]))[path] ?? '';
  const line = `    <p>${inTemplate(text)}</p>\n`;
  if (before.includes(line)) return answer(`the footer already says "${text}".`);
  const after = swap(before, '  </footer>', `${line}  </footer>`, path);
  const files = yield* change('I add the line to the footer.', [{ path, before, after }]);
  const checks = yield* verify();
  return answer(`every page now says "${text}" in its footer. ${checks.note}`, {
    files,
    howToVerify: ['Open any page and scroll to the end.'],
  });
}

/** @param {'price' | 'name'} by @returns {Edit} */
function* sortPlants(by) {
  const path = 'pages/plants.mjs';
  const test = 'test/order.test.mjs';
  const column = by === 'price' ? 'cents' : 'name';
  const before = (yield* read('I look at how the plants are listed.', [path]))[path] ?? '';
  const after = swap(before, /FROM plants ORDER BY [a-z, ]+'/, `FROM plants ORDER BY ${column}, id'`, path);
  if (after === before) return answer(`the plants are sorted by ${by} already.`);
  const old = yield { say: '', command: `cat ${test}` };
  const first = by === 'price' ? 'Java moss' : "Bird's nest fern";
  const changes = [
    { path, before, after },
    { path: test, before: old.exitCode === 0 ? old.text : undefined, after: orderTest(by, first) },
  ];
  const files = yield* change('I sort the list, with a test for it.', changes);
  const checks = yield* verify();
  return answer(`the plants are sorted by ${by}. ${checks.note}`, { files, howToVerify: [`Open /plants: ${first} comes first.`] });
}

/** @param {string} by @param {string} first */
function orderTest(by, first) {
  return `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeHtml } from '../html.mjs';
import { openServer } from '../tools/open-shop.mjs';

test('the plants are sorted by ${by}', async (t) => {
  const get = await openServer(t);
  const names = [...(await (await get('/plants')).text()).matchAll(/<strong>([^<]+)</g)].map((match) => match[1]);
  assert.equal(names[0], escapeHtml(${first.includes("'") ? JSON.stringify(first) : inQuotes(first)}));
});
`;
}

/** @returns {Edit} */
function* breakTests() {
  const path = 'money.mjs';
  const before = (yield* read('I look for something the tests would notice.', [path]))[path] ?? '';
  if (before.includes('toFixed(1)')) return answer('the prices are wrong already, so the unit tests fail.');
  const after = swap(before, 'toFixed(2)', 'toFixed(1)', path);
  const files = yield* change('I round prices wrongly, on purpose.', [{ path, before, after }]);
  const checks = yield* verify();
  return answer(`prices now lose their last digit, as asked, so that a check fails. ${checks.note}`, {
    files,
    risks: ['This is wrong on purpose. The check "unit" must stop it.'],
    howToVerify: ['Look at the log of the check "unit".'],
  });
}
