/** Does at its top level what only Node.js can. */
import { Chare, type Charm } from 'charm4ts';

export const here = process.cwd();

export class Nothing extends Chare {}

export default function main(charm: Charm): void {
  charm.exit();
}
