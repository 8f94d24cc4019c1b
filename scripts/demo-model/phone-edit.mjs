import { answer } from './answer.mjs';
import { change, read, Stuck, swap, verify } from './steps.mjs';

const PAGE = 'pages/contact.mjs';
const OLD_INSERT = "'INSERT INTO messages (name, email, text, sent_at) VALUES (?, ?, ?, ?)'";
const NEW_INSERT = "'INSERT INTO messages (name, email, phone, text, sent_at) VALUES (?, ?, ?, ?, ?)'";
const E_MAIL = /( *<label>E-mail [^\n]+\n)/;
const FIELD = `          <label>Phone, if you like <input name="phone" type="tel" autocomplete="tel" maxlength="40" value="\${value('phone')}"></label>\n`;

/**
 * A field, a column for it in a migration of its own, and a test. The old release runs on the new database, because the column has a default.
 * @returns {import('./steps.mjs').Edit}
 */
export function* addPhone() {
  const listed = yield { say: 'I look at the database first.', command: 'ls migrations' };
  if (listed.exitCode !== 0) throw new Stuck('there is no folder migrations');
  const before = (yield* read('Then at the form.', [PAGE]))[PAGE] ?? '';
  if (before.includes("'phone'")) return answer('the contact form asks for a phone number already.');
  const line = E_MAIL.exec(before)?.[1];
  if (line === undefined) throw new Stuck(`${PAGE} does not look as I expect it`);
  let after = swap(before, line, line + FIELD, PAGE);
  after = swap(after, "['name', 'email', 'text']", "['name', 'email', 'phone', 'text']", PAGE);
  after = swap(after, OLD_INSERT, NEW_INSERT, PAGE);
  const last = Math.max(0, ...listed.text.split(/\s+/).map((name) => Number(/^(\d{4})_.*\.sql$/.exec(name)?.[1] ?? 0)));
  const migration = `migrations/${String(last + 1).padStart(4, '0')}_phone.sql`;
  const files = yield* change('I add the column, the field and a test.', [
    { path: migration, after: "ALTER TABLE messages ADD COLUMN phone TEXT NOT NULL DEFAULT '';\n" },
    { path: PAGE, before, after },
    { path: 'test/phone.test.mjs', after: TEST },
  ]);
  const checks = yield* verify();
  return answer(`the contact form asks for a phone number and keeps it. ${checks.note}`, {
    files,
    risks: [`${migration} adds a column. The release before this one does not know it, and works on.`],
    howToVerify: ['Open /contact, fill in the form with a phone number and send it.'],
  });
}

const TEST = `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sendMessage } from '../pages/contact.mjs';
import { openShop } from '../tools/open-shop.mjs';

const MESSAGE = { name: 'Ada', email: 'ada@example.com', text: 'Hello' };

test('a phone number is kept, and none is needed', (t) => {
  const database = openShop(t);
  for (const phone of ['+49 30 1234', '']) {
    const sent = sendMessage({ database, query: new URLSearchParams(), form: new URLSearchParams({ ...MESSAGE, phone }) });
    assert.match(sent.redirect, /sent=/);
    assert.equal(database.get('SELECT phone FROM messages ORDER BY id DESC LIMIT 1').phone, phone);
  }
});
`;
