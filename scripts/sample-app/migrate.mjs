import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openDatabase, transaction } from './database.mjs';

const FOLDER = new URL('./migrations/', import.meta.url);

/** Applies the files of `migrations/` that this database has not seen, in order, each whole or not at all. Answers their names. */
export function migrate(database) {
  database.exec('CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY) STRICT');
  const known = new Set(database.all('SELECT name FROM migrations').map((row) => row.name));
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.sql'));
  const pending = files.sort().filter((name) => !known.has(name));
  for (const name of pending) {
    transaction(database, () => {
      database.exec(readFileSync(new URL(name, FOLDER), 'utf8'));
      database.run('INSERT INTO migrations (name) VALUES (?)', [name]);
    });
  }
  return pending;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const database = openDatabase(process.env.DATA_DIR ?? './data');
  for (const name of migrate(database)) console.log(`applied ${name}`);
  database.close();
}
