// Where our requests may go, and what they tell of a request that failed.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { permitsFor } from '../../src/delivery/addresses.ts';
import { createHttp, type Http, type Resolve } from '../../src/delivery/egress.ts';

const LOOPBACK = ['127.0.0.0/8'];

describe('an address', () => {
  test.each([
    ['8.8.8.8', 'public', true],
    ['2606:4700::6810:84e5', 'public, IPv6', true],
    ['127.0.0.1', 'loopback', false],
    ['0.0.0.0', 'this host', false],
    ['10.1.2.3', 'private', false],
    ['172.31.255.255', 'private', false],
    ['192.168.0.1', 'private', false],
    ['100.64.0.1', 'carrier-grade NAT', false],
    ['100.100.100.200', "Alibaba's metadata", false],
    ['169.254.169.254', 'metadata', false],
    ['168.63.129.16', "Azure's metadata, public by number", false],
    ['192.0.0.192', "Oracle's metadata", false],
    ['198.18.0.1', 'benchmark', false],
    ['203.0.113.9', 'documentation', false],
    ['224.0.0.1', 'multicast', false],
    ['255.255.255.255', 'broadcast', false],
    ['240.0.0.1', 'reserved', false],
    ['::1', 'loopback', false],
    ['::', 'unspecified', false],
    ['::ffff:127.0.0.1', 'IPv4-mapped loopback', false],
    ['::ffff:8.8.8.8', 'IPv4-mapped', false],
    ['::ffff:a9fe:a9fe', 'IPv4-mapped metadata', false],
    ['::127.0.0.1', 'IPv4-compatible', false],
    ['64:ff9b::7f00:1', 'NAT64', false],
    ['64:ff9b:1::a00:1', 'NAT64, local use', false],
    ['2002:7f00:1::', '6to4', false],
    ['2001:0:4136:e378::', 'Teredo', false],
    ['2001:db8::1', 'documentation', false],
    ['fd00:ec2::254', "EC2's metadata, ULA", false],
    ['fe80::1', 'link-local', false],
    ['fe80::1%eth0', 'link-local with a zone', false],
    ['fec0::1', 'site-local', false],
    ['ff02::1', 'multicast', false],
    ['4000::1', 'not allocated', false],
    ['not an address', 'nothing', false],
  ])('%s (%s) over https: %s', (address, _what, permitted) => {
    expect(permitsFor([])(address, 'https:')).toBe(permitted);
  });

  test('is reached by plain http only where the operator allows it', () => {
    const permits = permitsFor(['10.0.0.0/8', 'fd00::/8']);
    expect(permits('8.8.8.8', 'http:')).toBe(false);
    expect(permits('10.9.9.9', 'http:')).toBe(true);
    expect(permits('::ffff:10.9.9.9', 'https:')).toBe(true);
    expect(permits('fd12::1', 'http:')).toBe(true);
    expect(permits('127.0.0.1', 'http:')).toBe(false);
  });
});

describe('a request', () => {
  let server: Server;
  let port: number;
  let hits = 0;
  const opened: Http[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      hits++;
      if (request.url === '/redirect') response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
      else if (request.url === '/huge') response.end('x'.repeat(5_000_000));
      else if (request.url === '/drip') response.write('x');
      else if (request.url === '/cut') response.destroy();
      else response.end('hello');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });

  afterAll(async () => {
    for (const http of opened) await http.close();
    server.closeAllConnections();
    server.close();
  });

  function get(url: string, allow: string[], resolve?: Resolve, deadlineMs = 10_000) {
    const http = createHttp({ allow, resolve });
    opened.push(http);
    return http.send({ url, method: 'GET', headers: {}, signal: AbortSignal.timeout(deadlineMs) });
  }

  test.each([
    ['a literal', '127.0.0.1'],
    ['a decimal number', '2130706433'],
    ['hexadecimal', '0x7f.0.0.1'],
    ['octal', '0177.0.0.1'],
    ['fewer parts', '127.1'],
    ['a trailing dot', '127.0.0.1.'],
    ['IPv6', '[::1]'],
    ['IPv4-mapped', '[::ffff:127.0.0.1]'],
    ['NAT64', '[64:ff9b::7f00:1]'],
    ['a name', 'localhost'],
  ])('to loopback written as %s makes no connection', async (_how, host) => {
    const before = hits;
    for (const scheme of ['http', 'https']) {
      expect(await get(`${scheme}://${host}:${port}/`, [])).toEqual({ kind: 'not_sent', detail: 'egress_refused' });
    }
    expect(hits).toBe(before);
  });

  test('to a public address by plain http makes no connection', async () => {
    expect(await get('http://8.8.8.8/', [])).toEqual({ kind: 'not_sent', detail: 'egress_refused' });
  });

  test('to a name that resolves to a private address is refused at the dial', async () => {
    const before = hits;
    const toLoopback: Resolve = (_name, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]);
    const answer = await get(`http://billing.example:${port}/`, ['10.0.0.0/8'], toLoopback);
    expect(answer).toEqual({ kind: 'not_sent', detail: 'egress_refused' });
    expect(hits).toBe(before);
  });

  test('of a name that changes its address is judged at every dial', async () => {
    const answers = ['127.0.0.1', '169.254.169.254'];
    let lookups = 0;
    const rebinding: Resolve = (_name, _options, done) =>
      done(null, [{ address: answers[lookups++] ?? '169.254.169.254', family: 4 }]);
    const http = createHttp({ allow: LOOPBACK, resolve: rebinding });
    opened.push(http);
    const ask = { url: `http://billing.example:${port}/`, method: 'GET', headers: {}, fresh: true } as const;
    expect((await http.send({ ...ask, signal: AbortSignal.timeout(10_000) })).kind).toBe('answered');
    expect(await http.send({ ...ask, signal: AbortSignal.timeout(10_000) })).toEqual({
      kind: 'not_sent',
      detail: 'egress_refused',
    });
    expect(lookups).toBe(2);
  });

  test('on a connection of its own goes over none that is kept', async () => {
    const ports: (number | undefined)[] = [];
    const server = createServer((req, res) => {
      ports.push(req.socket.remotePort);
      res.end('hello');
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const http = createHttp({ allow: LOOPBACK });
    opened.push(http);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    for (const fresh of [false, false, false, false, true, true]) {
      const wanted = { url, method: 'GET', headers: {}, fresh, signal: AbortSignal.timeout(10_000) } as const;
      expect((await http.send(wanted)).kind).toBe('answered');
    }
    const kept = new Set(ports.slice(0, 4));
    expect(kept.size).toBeLessThan(4);
    expect(new Set(ports).size).toBe(kept.size + 2);
  });

  test('of a name with one good and one bad address goes to the good one', async () => {
    const both: Resolve = (_name, _options, done) =>
      done(null, [
        { address: '10.0.0.1', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ]);
    expect(await get(`http://billing.example:${port}/`, LOOPBACK, both)).toMatchObject({
      kind: 'answered',
      body: 'hello',
    });
  });

  test('does not follow a redirect', async () => {
    const before = hits;
    const answer = await get(`http://127.0.0.1:${port}/redirect`, LOOPBACK);
    expect(answer).toMatchObject({ kind: 'answered', status: 302 });
    expect(hits).toBe(before + 1);
  });

  test('reads no more of a reply than 64 KB', async () => {
    const answer = await get(`http://127.0.0.1:${port}/huge`, LOOPBACK);
    expect(answer.kind === 'answered' && answer.body.length).toBe(65_536);
  });

  test('that is answered drop by drop ends at its deadline, and may have arrived', async () => {
    const answer = await get(`http://127.0.0.1:${port}/drip`, LOOPBACK, undefined, 300);
    expect(answer).toEqual({ kind: 'broken', detail: 'timeout' });
  });

  test('whose connection breaks may have arrived', async () => {
    expect((await get(`http://127.0.0.1:${port}/cut`, LOOPBACK)).kind).toBe('broken');
  });

  test('to a port where nobody listens was certainly not sent', async () => {
    const free = net.createServer();
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
    const { port: closed } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    expect(await get(`http://127.0.0.1:${closed}/`, LOOPBACK)).toEqual({ kind: 'not_sent', detail: 'econnrefused' });
  });

  test('to a name that does not exist was certainly not sent', async () => {
    const unknown: Resolve = (_name, _options, done) => done(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []);
    expect(await get('https://nowhere.example/', [], unknown)).toEqual({ kind: 'not_sent', detail: 'enotfound' });
  });

  test('that cannot be written down was certainly not sent', async () => {
    expect((await get('gopher://127.0.0.1/', LOOPBACK)).kind).toBe('not_sent');
    expect((await get('not a url', LOOPBACK)).kind).toBe('not_sent');
  });
});
