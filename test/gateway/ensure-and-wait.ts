// A starter that is killed: opens the gateway of the folder given as JSON, says so, and waits.
import { openGateway } from '../../daemon/adapters/gateway/open-gateway.ts';
import { quietLog, realClock } from './parts.ts';

const ensured = await openGateway({ ...JSON.parse(process.argv[2]!), clock: realClock, log: quietLog }).ensure();
process.stdout.write(`${JSON.stringify(ensured)}\n`);
setInterval(() => {}, 1_000);
