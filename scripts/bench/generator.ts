/**
 * The load generator, a process of its own: node generator.ts, talked to over its IPC channel.
 * Promises: bodies are built and signed on `prepare`, before any clock runs; `go` sends them and answers with what was
 * seen. Must never: outlive its parent.
 */
import { signStripe } from '../../test/support/sign.ts';
import { bodyOf, type Stream } from './bodies.ts';
import { closedLoop, type LoadResult, openLoop, type Target } from './load.ts';

export interface Prepare {
  readonly do: 'prepare';
  readonly stream: Stream;
  readonly secret: string;
  readonly path: string;
}

export interface Go {
  readonly do: 'go';
  readonly target: Target;
  /** Open loop at this rate; without it, closed. */
  readonly perSecond?: number;
}

export type GeneratorAnswer =
  | { readonly did: 'prepare'; readonly bodyBytes: number }
  | { readonly did: 'go'; readonly result: LoadResult }
  | { readonly did: 'fail'; readonly message: string };

let requests: Buffer[] = [];

process.on('disconnect', () => process.exit(0));
process.on('message', (order: Prepare | Go) => {
  void carryOut(order).then(
    (answer) => process.send?.(answer),
    (error: Error) => process.send?.({ did: 'fail', message: error.message } satisfies GeneratorAnswer),
  );
});

async function carryOut(order: Prepare | Go): Promise<GeneratorAnswer> {
  if (order.do === 'prepare') {
    const { stream, secret, path } = order;
    const now = new Date();
    let bytes = 0;
    requests = Array.from({ length: stream.count }, (_, index) => {
      const body = bodyOf(stream, index);
      bytes += body.length;
      return request(path, body, signStripe(body, secret, now));
    });
    return { did: 'prepare', bodyBytes: Math.round(bytes / stream.count) };
  }
  const { target, perSecond } = order;
  const result = perSecond ? await openLoop(target, requests, perSecond) : await closedLoop(target, requests);
  return { did: 'go', result };
}

/** The head that Stripe sends. */
function request(path: string, body: string, signature: Readonly<Record<string, string>>): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    'Host: localhost',
    'Content-Type: application/json; charset=utf-8',
    'Cache-Control: no-cache',
    'User-Agent: Stripe/1.0 (+https://stripe.com/docs/webhooks)',
    'Accept: */*; q=0.5, application/xml',
    ...Object.entries(signature).map(([name, value]) => `${name}: ${value}`),
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}
