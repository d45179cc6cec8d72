/**
 * Every page of console and portal with a long history in the database: the first look after a start, and those after it.
 * Promises: a service started for each page, so that nobody has looked at anything before; a first visit takes what
 * the page names as well, as bytes on the wire. Must never: time a page that answered anything but 200.
 */
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Table from 'cli-table3';
import { SignJWT } from 'jose';
import { HOST, type Started } from './contender.ts';
import { environmentFor, JWT_SECRET, setUp, startPlusone } from './plusone.ts';
import type { PreloadSize } from './preload.sql.ts';
import { preload } from './preload.ts';
import type { Bench } from './runs.ts';

/** Of the promise: p99 of every page, and of a first visit. */
const MS_MAX = 100;
const BYTES_MAX = 150_000;

const COUNTED_WITHIN_MS = 120_000;
/** Referred five ninths of all that the preload has. */
const LARGEST = 'old_1';
const PASSWORD = 'three purple elephants';

export interface PageFigure {
  readonly page: string;
  readonly firstMs: number;
  /** Until it had all its figures; undefined: at once. */
  readonly wholeMs: number | undefined;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly bytes: number;
}

export type PagesBench = Pick<Bench, 'server' | 'machine' | 'say' | 'problems'>;

/** `looks` at each page, or at every so many of them. */
export async function pageFigures(
  bench: PagesBench,
  size: PreloadSize,
  { looks, every }: { readonly looks: number; readonly every: number },
): Promise<PageFigure[]> {
  const { server, machine, say } = bench;
  const database = await server.fresh('bench_pages');
  const token = randomBytes(24).toString('hex');
  const environment = {
    ...environmentFor(server, machine, database),
    ADMIN_TOKEN: token,
    NODE_COMPILE_CACHE: path.join(server.folder, 'compiled'), // as npm start has it
  };
  const start = () => startPlusone(server, { environment, database, label: 'pages' });
  try {
    const first = await start();
    await setUp(first, database).finally(() => first.stop());
    await preload(database, size, say);
    await server.tidy(database);
    const { cookies, paths } = await during(await start(), (started) => enter(started, token));
    const figures: PageFigure[] = [];
    for (const page of paths.filter((_, at) => at % every === 0)) {
      const cookie = page.startsWith('/admin') ? cookies.console : cookies.portal;
      const figure = await during(await start(), ({ port }) => look(bench, { port, page, cookie }, looks));
      if (figure) figures.push(figure);
      say(`${page}: ${figure ? `first look ${figure.firstMs.toFixed(0)} ms` : 'not answered'}`);
    }
    return figures;
  } finally {
    await server.drop(database.name);
  }
}

async function during<T>(started: Started, work: (started: Started) => Promise<T>): Promise<T> {
  try {
    return await work(started);
  } finally {
    await started.stop();
  }
}

/** Signs in, as an owner and as the largest referrer; and which pages there are. */
async function enter({ port }: Started, token: string) {
  const json = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const owner = { email: 'owner@example.com', name: 'Owner', role: 'owner', password: PASSWORD };
  await request(port, '/admin/v1/users', { headers: json, body: JSON.stringify(owner) });
  const form = { 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'same-origin' };
  const cookieOf = async (where: string, fields: Record<string, string>) => {
    const { headers } = await request(port, where, { headers: form, body: new URLSearchParams(fields).toString() });
    return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
  };
  const jwt = new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setSubject(LARGEST).setExpirationTime('2h');
  const cookies = {
    console: await cookieOf('/admin/sign-in', { email: owner.email, password: PASSWORD }),
    portal: await cookieOf('/p/claudexia/portal/enter', { token: await jwt.sign(Buffer.from(JWT_SECRET)) }),
  };
  const newest = async (list: string): Promise<string> =>
    JSON.parse((await request(port, `/admin/v1/${list}`, { headers: json })).text).data[0]?.id;
  const ids = { reward: await newest('rewards?program=claudexia&limit=1'), event: await newest('events?limit=1') };
  return { cookies, paths: pathsOf(ids) };
}

function pathsOf({ reward, event }: { readonly reward: string; readonly event: string }): string[] {
  const lists = ['rewards', 'held', 'failed', 'payments', 'members', 'appeals', 'events', 'programs', 'fund', 'audit'];
  const pages = [
    '',
    ...lists.map((name) => `/${name}`),
    `/rewards?program=claudexia&member=${LARGEST}`,
    `/rewards/${reward}`,
    '/events?state=parked',
    `/events/${event}`,
    `/members/${LARGEST}?program=claudexia`,
    '/programs/claudexia',
    '/health',
    '/setup',
    '/account',
  ];
  return [...pages.map((path) => `/admin${path}`), '/p/claudexia/portal', '/p/claudexia/portal/sign-in'];
}

type Target = { readonly port: number; readonly page: string; readonly cookie: string };

async function look(bench: PagesBench, target: Target, looks: number): Promise<PageFigure | undefined> {
  const { port, page } = target;
  const headers = { Cookie: target.cookie, 'Accept-Encoding': 'gzip, br', 'Accept-Language': 'en' };
  const begun = performance.now();
  const first = await request(port, page, { headers });
  if (first.status !== 200) {
    bench.problems.push(`${page} was answered ${first.status}`);
    return undefined;
  }
  let bytes = first.bytes;
  for (const [, named = ''] of first.text.matchAll(/<(?:link|script|img)\b[^>]*?\b(?:href|src)="(\/[^"]*)"/g)) {
    bytes += (await request(port, named.replaceAll('&amp;', '&'), { headers })).bytes;
  }
  const wholeMs = await untilCounted(first.text, begun, async () => (await request(port, page, { headers })).text);
  if (wholeMs === Infinity) bench.problems.push(`${page} has no figures after ${COUNTED_WITHIN_MS / 1000} s`);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const times: number[] = [];
  for (let n = 0; n < looks; n++) times.push((await request(port, page, { headers, agent })).ms);
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.ceil(looks * share) - 1] ?? 0;
  return { page, firstMs: first.ms, wholeMs, p50Ms: at(0.5), p99Ms: at(0.99), bytes };
}

async function untilCounted(first: string, begun: number, again: () => Promise<string>): Promise<number | undefined> {
  const isCounting = (text: string) => text.includes('being counted');
  if (!isCounting(first)) return undefined;
  while (performance.now() - begun < COUNTED_WITHIN_MS) {
    await sleep(100);
    if (!isCounting(await again())) return performance.now() - begun;
  }
  return Infinity;
}

interface Asked {
  readonly headers: Readonly<Record<string, string>>;
  /** Given: a POST. */
  readonly body?: string;
  readonly agent?: http.Agent;
}

interface Answered {
  readonly status: number | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  readonly ms: number;
  /** That its connection has brought so far. */
  readonly bytes: number;
}

async function request(port: number, where: string, { headers, body, agent }: Asked): Promise<Answered> {
  const start = performance.now();
  const method = body === undefined ? 'GET' : 'POST';
  const sent = http.request({ host: HOST, port, path: where, method, headers, agent: agent ?? false });
  sent.end(body);
  return await new Promise<Answered>((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (answer) => {
      const { socket } = answer; // gone by the end
      const parts: Buffer[] = [];
      answer.on('error', reject);
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        const ms = performance.now() - start;
        const bytes = socket.bytesRead;
        resolve({
          status: answer.statusCode,
          headers: answer.headers,
          text: Buffer.concat(parts).toString(),
          ms,
          bytes,
        });
      });
    });
  });
}

export function pageLines(figures: readonly PageFigure[]): string[] {
  const table = new Table({
    head: ['page', 'first look', 'all figures after', 'p50', 'p99', 'first visit'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
  for (const each of figures) {
    const whole = each.wholeMs === undefined ? 'at once' : `${(each.wholeMs / 1000).toFixed(1)} s`;
    const kilobytes = `${(each.bytes / 1000).toFixed(0)} KB`;
    table.push([each.page, ms(each.firstMs), whole, ms(each.p50Ms), ms(each.p99Ms), kilobytes]);
  }
  const misses = figures.flatMap((each) => [
    ...(each.firstMs > MS_MAX ? [`MISSED ${each.page}: the first look took ${ms(each.firstMs)}`] : []),
    ...(each.p99Ms > MS_MAX ? [`MISSED ${each.page}: p99 is ${ms(each.p99Ms)}`] : []),
    ...(each.bytes > BYTES_MAX ? [`MISSED ${each.page}: a first visit takes ${each.bytes} bytes`] : []),
  ]);
  const met = `Every page answered within ${MS_MAX} ms, at the first look and at p99, and took less than ${BYTES_MAX / 1000} KB.`;
  return [table.toString(), ...(misses.length > 0 ? misses : [met])];
}
