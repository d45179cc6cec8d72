/**
 * Pages of the product stand on another origin than ours: which of them is one, and that it may read an answer.
 * Promises: only the product's own pages are named. Must never: open what needs a credential; a page of the product asks
 * for that through its own server.
 */
import type { Request, Response } from 'express';
import { getDomain } from 'tldts';
import type { Program } from '../model/program.ts';
import { programOf } from './routes.ts';

/** false: it comes from a page of somebody else. What is no browser does not say where it comes from. */
export function letProductRead(req: Request, res: Response): boolean {
  const origin = req.get('Origin');
  if (origin === undefined) return true;
  res.vary('Origin');
  if (!isProductOrigin(programOf(res).program, origin)) return false;
  res.setHeader('Access-Control-Allow-Origin', origin);
  return true;
}

/** Of the product: a page on the host of one of its addresses, or on the same registrable domain. */
function isProductOrigin(program: Program, origin: string): boolean {
  const url = URL.parse(origin);
  if (!url) return false;
  return [program.product.homeUrl, program.product.signupUrl].some((address) => {
    const own = new URL(address);
    if (url.hostname === own.hostname) return true;
    const domain = getDomain(url.hostname, { allowPrivateDomains: true });
    return domain !== null && domain === getDomain(own.hostname, { allowPrivateDomains: true });
  });
}
