/**
 * The demo's billing system, a process of its own: node billing-sink.ts, talked to over its IPC channel.
 * Promises: takes a credit only with a valid Standard Webhooks signature, and once for each idempotency key; while it is
 * "down" it answers 500 and takes nothing. Must never: outlive its parent.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export type SinkOrder =
  | { readonly do: 'secret'; readonly secret: string }
  | { readonly do: 'set'; readonly up: boolean }
  | { readonly do: 'total' };

export type SinkAnswer =
  | { readonly did: 'listen'; readonly port: number }
  | { readonly did: 'done'; readonly total: number; readonly credits: number };

interface Credit {
  readonly type: 'credit.create' | 'credit.reverse';
  readonly data: { readonly idempotency_key: string; readonly amount: number };
}

const taken = new Map<string, number>();
let up = true;
let signature: Webhook | undefined;

const server = createServer((req, res) => void answer(req, res));
server.listen(0, '127.0.0.1', () =>
  process.send?.({ did: 'listen', port: (server.address() as AddressInfo).port } satisfies SinkAnswer),
);
process.on('disconnect', () => process.exit(0));
// Ctrl-C in a terminal reaches the whole group; the demo ends us when it has drained.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

process.on('message', (order: SinkOrder) => {
  if (order.do === 'secret') signature = new Webhook(order.secret);
  if (order.do === 'set') up = order.up;
  const total = Array.from(taken.values()).reduce((sum, amount) => sum + amount, 0);
  process.send?.({ did: 'done', total, credits: taken.size } satisfies SinkAnswer);
});

async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const say = (status: number, body: object) =>
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (!up) return void say(500, { code: 'billing_is_down' });
  let credit: Credit;
  try {
    if (!signature) throw new Error('no secret yet');
    credit = signature.verify(Buffer.concat(chunks), req.headers as Record<string, string>) as Credit;
  } catch {
    return void say(401, { code: 'bad_signature' });
  }
  const { idempotency_key: key, amount } = credit.data;
  const known = taken.has(key);
  if (!known) taken.set(key, credit.type === 'credit.reverse' ? -amount : amount);
  say(known ? 409 : 200, { reference: `bill_${[...taken.keys()].indexOf(key) + 1}` });
}
