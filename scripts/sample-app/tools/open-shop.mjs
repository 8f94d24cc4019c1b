import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../app.mjs';
import { openDatabase } from '../database.mjs';
import { migrate } from '../migrate.mjs';
import { seed } from '../seed.mjs';

/** A migrated and seeded database of its own, gone when the test ends. */
export function openShop(test) {
  const folder = mkdtempSync(join(tmpdir(), 'fern-and-moss-'));
  const database = openDatabase(folder);
  migrate(database);
  seed(database);
  test.after(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });
  return database;
}

/** The whole shop on a free port. Answers a function that fetches from it. */
export async function openServer(test) {
  const server = createServer(createApp({ database: openShop(test), release: 'abc' }));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.after(() => server.close());
  const base = `http://127.0.0.1:${server.address().port}`;
  return (path, options) => fetch(base + path, { redirect: 'manual', headers: { connection: 'close' }, ...options });
}
