/**
 * Runs inside a sandbox: sets up the bridges, runs the program, ends as it ended.
 * node launcher.mjs '<BridgeConfig as JSON>' -- program arguments…
 * Plain JavaScript without dependencies, because it is mounted as it is.
 */
import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import net from 'node:net';
import { constants } from 'node:os';

const [config = '{}', , program = '', ...args] = process.argv.slice(2);
/** @type {import('./bridge-config.ts').BridgeConfig} */
const bridges = JSON.parse(config);

// Output is shared with the program. `pipe()` asks whether its target is `process.stdout`, and the mere question makes both
// of them non-blocking: a program that then writes more than they hold at once fails (Codex: "failed printing to stdout").
for (const name of ['stdout', 'stderr']) Object.defineProperty(process, name, { value: undefined });

/**
 * Pipes both ways; a side that fails or closes takes the other with it, one that ends only says so.
 * @param {net.Socket} a
 * @param {net.Socket} b
 */
function join(a, b) {
  for (const socket of [a, b]) {
    const other = socket === a ? b : a;
    socket.on('error', () => other.destroy());
    socket.on('close', () => other.destroy());
    socket.pipe(other);
  }
}

/**
 * Connects to a server on loopback, which may listen on either family.
 * @param {number} port
 * @param {(socket: net.Socket) => void} then
 */
function connectLoopback(port, then) {
  const first = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  first.once('error', () => then(net.connect({ host: '::1', port, allowHalfOpen: true })));
  first.once('connect', () => {
    first.removeAllListeners('error');
    then(first);
  });
}

/**
 * @param {net.Server} server
 * @param {net.ListenOptions & { fd?: number }} where
 * @returns {Promise<void>}
 */
function listening(server, where) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => resolve());
  });
}

if (bridges.out) {
  const { port, socket } = bridges.out;
  const server = net.createServer({ allowHalfOpen: true }, (inside) => join(inside, net.connect({ path: socket, allowHalfOpen: true })));
  await listening(server, { host: '127.0.0.1', port });
}
if (bridges.in) {
  const { fd, port } = bridges.in;
  const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (outside) => {
    outside.on('error', () => outside.destroy());
    connectLoopback(port, (inside) => {
      join(outside, inside);
      outside.resume();
    });
  });
  await listening(server, { fd });
}

const child = spawn(program, args, { stdio: ['inherit', 'inherit', 'inherit'] });
child.once('error', (error) => {
  writeSync(2, `${error.message}\n`);
  process.exit(127);
});
child.once('exit', (code, signal) => process.exit(signal === null ? (code ?? 0) : 128 + constants.signals[signal]));
/** @type {NodeJS.Signals[]} */
const passedOn = ['SIGTERM', 'SIGINT', 'SIGHUP'];
for (const signal of passedOn) process.on(signal, () => child.kill(signal));
