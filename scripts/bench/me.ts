/**
 * GET /me of the member with the most referrals, on the preloaded database.
 * Promises: each request is a whole one, token checked, one connection after another's answer. Must never: time the first
 * few, which open the service's connections.
 */
import { SignJWT } from 'jose';
import { HOST, type Started } from './contender.ts';
import { closedLoop, type LoadResult } from './load.ts';
import { JWT_SECRET } from './plusone.ts';
import { refuseRefusals } from './runs.ts';

const CONNECTIONS = 4;
/** Until the code behind it is compiled, as it is in a service that has run for a while. */
const WARM_UP = 1_000;
const REQUESTS = 2_000;

/** `memberId`: whose. */
export async function meLatency(started: Started, memberId: string): Promise<LoadResult> {
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(memberId)
    .setExpirationTime('1h')
    .sign(Buffer.from(JWT_SECRET));
  const head = ['GET /p/claudexia/v1/me HTTP/1.1', 'Host: bench', `Authorization: Bearer ${token}`];
  const request = Buffer.from(`${head.join('\r\n')}\r\n\r\n`);
  const send = (count: number) =>
    closedLoop(
      { host: HOST, port: started.port, connections: CONNECTIONS },
      Array.from({ length: count }, () => request),
    );
  refuseRefusals(await send(WARM_UP));
  const load = await send(REQUESTS);
  refuseRefusals(load);
  return load;
}
