import { report } from '../../../train.js';

export const dynamic = 'force-dynamic';

export async function GET() {
  return Response.json(await report());
}
