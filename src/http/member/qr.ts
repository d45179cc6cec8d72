/**
 * The member's link as a picture, for posters and screens.
 * Promises: the same link gives the same bytes, which a browser may keep for a minute and then asks about by their
 * ETag; a shared cache keeps nothing. Must never: show a code that is dead.
 */
import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import qrcode from 'qrcode';
import { referralUrl } from '../../model/program.ts';
import type { Deps } from '../deps.ts';
import { noQuery } from '../forms.ts';
import { readQuery } from '../input.ts';
import { Problem } from '../problems.ts';
import { programOf, type Route } from '../routes.ts';
import { actingMember } from './bearer.ts';
import { readOwnCode } from './codes.sql.ts';
import { pngQuery } from './schemas.ts';

type Needs = Pick<Deps, 'pools'>;

/** Read through a scratch or a logo's corner, and still not crowded. */
const COMMON = { errorCorrectionLevel: 'M', margin: 4 } as const;

export function qrRoutes(deps: Needs): Route[] {
  const common = { method: 'get', credential: 'member:read', refuses: ['no_code'] } as const;
  return [
    {
      ...common,
      path: '/v1/me/qr.svg',
      operation: 'referral.qrSvg',
      summary: "The member's link as a QR code",
      asks: { query: noQuery },
      answers: 'image/svg+xml',
      handle: async (req, res) => {
        readQuery(req, noQuery);
        await send(deps, res, 'image/svg+xml', 'svg', (url) => qrcode.toString(url, { ...COMMON, type: 'svg' }));
      },
    },
    {
      ...common,
      path: '/v1/me/qr.png',
      operation: 'referral.qrPng',
      summary: "The member's link as a QR code, in pixels",
      asks: { query: pngQuery },
      answers: 'image/png',
      handle: (req, res) => png(deps, req, res),
    },
  ];
}

async function png(deps: Needs, req: Request, res: Response): Promise<void> {
  const { size } = readQuery(req, pngQuery);
  await send(deps, res, 'image/png', `png ${size}`, (url) =>
    qrcode.toBuffer(url, { ...COMMON, type: 'png', width: size }),
  );
}

async function send(
  { pools }: Needs,
  res: Response,
  type: string,
  form: string,
  draw: (url: string) => Promise<string | Buffer>,
): Promise<void> {
  const { no, program } = programOf(res);
  const code = await readOwnCode(pools.knex, no, actingMember(res).personId);
  if (code === null) throw new Problem('no_code');
  const url = referralUrl(program, code);
  res.setHeader('Content-Type', type);
  res.setHeader('Cache-Control', 'private, max-age=60, must-revalidate');
  res.setHeader('Vary', 'Authorization, Plusone-Member');
  res.setHeader('ETag', `"${createHash('sha256').update(`${form}\n${url}`).digest('base64url').slice(0, 22)}"`);
  res.send(await draw(url));
}
