/**
 * GET /plusone.js: the one line that a product's pages load.
 * Promises: compressed once, kept by browsers for an hour and then asked about by its ETag; other sites may load it.
 * Must never: differ between two visitors: what is theirs stays in their browser.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import type { Request, Response } from 'express';
import type { LoadedProgram } from '../../model/program.ts';
import { snippetFor } from '../../web/snippet/index.ts';
import type { Deps } from '../deps.ts';
import { programOf, type Route } from '../routes.ts';

interface Made {
  readonly etag: string;
  readonly plain: Buffer;
  readonly gzip: Buffer;
  readonly br: Buffer;
}

export function snippetRoute({ visits }: Pick<Deps, 'visits'>): Route {
  const made = new WeakMap<LoadedProgram, Promise<Made>>();
  return {
    method: 'get',
    path: '/plusone.js',
    credential: 'none',
    summary: 'The snippet: one script line that takes referral codes along, for pages of the product',
    answers: 'text/javascript',
    handle: async (req, res) => {
      const loaded = programOf(res);
      const known = made.get(loaded) ?? make(loaded, visits.publicKey(loaded));
      made.set(loaded, known);
      send(req, res, await known);
    },
  };
}

async function make({ program }: LoadedProgram, key: string): Promise<Made> {
  const { parameter, cookieDays: days, touch } = program.attribution;
  const signup = new URL(program.product.signupUrl).pathname;
  const plain = Buffer.from(snippetFor({ program: program.program, parameter, days, touch, key, signup }));
  const [zipped, brotli] = await Promise.all([promisify(gzip)(plain, { level: 9 }), promisify(brotliCompress)(plain)]);
  const etag = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
  return { etag, plain, gzip: zipped, br: brotli };
}

function send(req: Request, res: Response, { etag, plain, ...compressed }: Made): void {
  const encoding = req.acceptsEncodings('br') || req.acceptsEncodings('gzip');
  res.setHeader('Content-Type', 'text/javascript; charset=utf-8');
  res.setHeader('Cache-Control', 'public, max-age=3600, stale-while-revalidate=86400');
  // helmet keeps everything else to its own origin.
  res.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
  res.vary('Accept-Encoding');
  const packed = encoding === 'br' || encoding === 'gzip' ? compressed[encoding] : undefined;
  if (packed) res.setHeader('Content-Encoding', encoding as string);
  res.setHeader('ETag', packed ? `"${etag}-${encoding}"` : `"${etag}"`);
  res.send(packed ?? plain);
}
