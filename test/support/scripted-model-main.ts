/**
 * The scripted model as a process of its own, for tests that kill the daemon while the model stays up:
 * `tsx scripted-model-main.ts <scenarios.json> [port]`. Prints one JSON line `{baseUrl, pid}` and ends on SIGTERM or when
 * its standard input, if it is a pipe, closes. Its gates are opened with `connectGates(baseUrl)`.
 */
import { fstatSync, readFileSync } from 'node:fs';
import { type Scenarios, startScriptedModel } from './scripted-model.ts';

const [file, port] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: scripted-model-main.ts <scenarios.json> [port]');
const model = await startScriptedModel(JSON.parse(readFileSync(file, 'utf8')) as Scenarios, { port: Number(port ?? 0) });
console.log(JSON.stringify({ baseUrl: model.baseUrl, pid: process.pid }));
process.once('SIGTERM', () => process.exit(0));
if (!fstatSync(0).isCharacterDevice()) process.stdin.on('end', () => process.exit(0)).resume();
