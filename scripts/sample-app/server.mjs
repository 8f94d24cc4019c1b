import { createServer } from 'node:http';
import { createApp } from './app.mjs';
import { openDatabase } from './database.mjs';

const STOP_MS = 5_000;

const database = openDatabase(process.env.DATA_DIR ?? './data');
const server = createServer(createApp({ database, release: process.env.RELEASE_COMMIT ?? '' }));

server.listen(Number(process.env.PORT ?? 3000), process.env.HOST ?? '127.0.0.1', () => {
  const { address, port } = server.address();
  console.log(`Fern & Moss listens on http://${address}:${port}`);
});

/** Ends politely: no new connections, the answers under way are given, the database is closed. */
function stop() {
  server.close(() => {
    database.close();
    process.exit(0);
  });
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), STOP_MS).unref();
}

process.once('SIGTERM', stop);
process.once('SIGINT', stop);
