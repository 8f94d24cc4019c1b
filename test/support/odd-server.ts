import { type AddressInfo, createServer } from 'node:net';
import { onTestFinished } from 'vitest';

/** What a program may answer that no server should. */
export const ODD_ANSWERS = {
  upgrade: 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
  chattyUpgrade: 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nhello',
  badStatus: 'HTTP/1.1 099 odd\r\ncontent-length: 0\r\n\r\n',
  half: 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf',
  /** More headers than anybody takes. */
  headers: `HTTP/1.1 200 OK\r\n${'x-n: vvvvvvvvvv\r\n'.repeat(20_000)}\r\n`,
  /** Framed in two ways: who reads one sees another answer behind it than who reads the other. */
  twoFrames: 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
  noHttp: 'good day\r\n\r\n',
  nothing: '',
} as const;

/** Answers whatever it is asked with these bytes and hangs up. Gone when the test ends. Answers its port. */
export async function startOddServer(answer: string): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(answer)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}
