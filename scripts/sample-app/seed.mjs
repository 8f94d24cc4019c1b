import { fileURLToPath } from 'node:url';
import { openDatabase, transaction } from './database.mjs';

const MESSAGES = [
  ['Ada', 'ada@example.com', 'My fern drops its leaves. Is it the radiator?', '2026-01-05T09:12:00Z'],
  ['Grace', 'grace@example.com', 'Do you deliver on Saturdays?', '2026-01-06T17:40:00Z'],
  ['Linus', 'linus@example.com', 'The moss arrived in perfect shape, thank you!', '2026-01-08T08:03:00Z'],
];

/** Fills an empty shop with what a preview needs beside the catalogue. The same rows each time. */
export function seed(database) {
  transaction(database, () => {
    database.exec('DELETE FROM messages');
    MESSAGES.forEach(([name, email, text, sentAt], index) => {
      database.run('INSERT INTO messages (id, name, email, text, sent_at) VALUES (?, ?, ?, ?, ?)', [index + 1, name, email, text, sentAt]);
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const database = openDatabase(process.env.DATA_DIR ?? './data');
  seed(database);
  database.close();
}
