import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrate } from '../migrate.mjs';
import { money } from '../money.mjs';
import { seed } from '../seed.mjs';
import { openShop } from '../tools/open-shop.mjs';

test('migrating twice changes nothing', (t) => {
  const database = openShop(t);
  assert.deepEqual(migrate(database), []);
});

test('seeding twice gives the same rows', (t) => {
  const database = openShop(t);
  const rows = () => database.all('SELECT * FROM messages ORDER BY id');
  const before = rows();
  seed(database);
  assert.deepEqual(rows(), before);
  assert.equal(before.length, 3);
});

test('prices are written as people write them', () => {
  assert.equal(money(1850), '€ 18.50');
  assert.equal(money(2200), '€ 22');
  assert.equal(money(705), '€ 7.05');
});
