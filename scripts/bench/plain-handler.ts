/**
 * The other contender: the handler that a team would write instead of Plusone, with care but without batching.
 * node plain-handler.ts, settings over its IPC channel. Promises: Express 5, the Stripe SDK's constructEvent, one
 * transaction per webhook over the same kind of pool; 200 only after the commit; a repeated event changes nothing. Its
 * statements are sent as node-postgres' guide and knex send them, text and values; `prepared` names each, too, so that
 * the server plans it once a connection.
 */
import express, { type Request, type Response } from 'express';
import type pg from 'pg';
import Stripe from 'stripe';
import { openPool } from '../../src/db/pool.ts';
import * as sql from './plain-handler.sql.ts';

export interface PlainSettings {
  readonly databaseUrl: string;
  readonly secret: string;
  readonly port: number;
  readonly host: string;
  readonly prepared: boolean;
}

/** As many as Plusone's own general pool has. */
const CONNECTIONS = 10;
const RATE_PERCENT = 5;
const MINIMUM = 500;
const FIRST_PAYMENTS_A_DAY = 5;

process.once('message', (settings: PlainSettings) => listen(settings));
process.on('disconnect', () => process.exit(0));

type Query = (client: pg.PoolClient, name: string, text: string, values: unknown[]) => Promise<pg.QueryResult>;

function listen({ databaseUrl, secret, port, host, prepared }: PlainSettings): void {
  const log = (line: string) => console.error(line);
  const pool = openPool(databaseUrl, { name: 'bench plain', max: CONNECTIONS, log });
  const query: Query = (client, name, text, values) =>
    client.query(prepared ? { name, text, values } : { text, values });
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.get('/readyz', (_req, res) => void res.json({ ready: true }));
  app.post('/webhooks/stripe', express.raw({ type: () => true, limit: '1mb' }), (req, res) =>
    receive({ pool, secret, query }, req, res),
  );
  app.listen(port, host);
}

interface Service {
  readonly pool: pg.Pool;
  readonly secret: string;
  readonly query: Query;
}

async function receive({ pool, secret, query }: Service, req: Request, res: Response): Promise<void> {
  let event: Stripe.Event;
  try {
    event = Stripe.webhooks.constructEvent(req.body as Buffer, req.headers['stripe-signature'] ?? '', secret);
  } catch {
    res.status(400).json({ error: 'bad signature' });
    return;
  }
  const client = await pool.connect();
  try {
    await client.query('begin');
    await take((...statement) => query(client, ...statement), event, req.body as Buffer);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {});
    throw error;
  } finally {
    client.release();
  }
  res.json({ received: true });
}

async function take(
  query: (name: string, text: string, values: unknown[]) => Promise<pg.QueryResult>,
  event: Stripe.Event,
  raw: Buffer,
): Promise<void> {
  const stored = await query('event', sql.INSERT_EVENT, [event.id, event.type, raw.toString('utf8')]);
  if (stored.rowCount === 0 || event.type !== 'checkout.session.completed') return;
  const session = event.data.object;
  const member = session.metadata?.user_id;
  if (!member || session.payment_status !== 'paid') return;
  const found = await query('referrer', sql.FIND_REFERRER, [member]);
  const referral = found.rows[0] as { referrer_id: string; first_payment: boolean } | undefined;
  const net = (session.amount_total ?? 0) - (session.total_details?.amount_tax ?? 0);
  if (!referral || net < MINIMUM) return;
  const amount = Math.floor((net * RATE_PERCENT) / 100);
  const paidAt = new Date(event.created * 1000);
  const counted = await query('velocity', sql.COUNT_FIRST_PAYMENTS, [referral.referrer_id, paidAt]);
  const held = referral.first_payment && (counted.rows[0]?.seen as number) >= FIRST_PAYMENTS_A_DAY;
  const reward = await query('reward', sql.INSERT_REWARD, [
    session.payment_intent,
    referral.referrer_id,
    member,
    amount,
    net,
    session.currency,
    held ? 'held' : 'credited',
    referral.first_payment,
    paidAt,
  ]);
  if (reward.rowCount === 0 || held) return;
  await query('entries', sql.INSERT_ENTRIES, [reward.rows[0]?.id, amount, referral.referrer_id]);
  await query('balance', sql.ADD_TO_BALANCE, [referral.referrer_id, amount]);
}
