#!/usr/bin/env bash
# The packed package, installed into an empty project elsewhere, must run a user's own TypeScript program and type-check it.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

tarball=$(cd "$root" && npm pack --silent --ignore-scripts --pack-destination "$work")
cd "$work"
cat > package.json <<'JSON'
{ "name": "user", "private": true, "type": "module" }
JSON
cat > app.ts <<'TS'
import { Chare, Reducer, type Charm } from 'charm4ts';

export class Worker extends Chare<number> {
  square(): number {
    return this.index ** 2;
  }
  async sumOfSquares(): Promise<number> {
    return this.allreduce(this.square(), Reducer.sum);
  }
  report(sum: number): void {
    console.log(`sum ${sum} on ${this.charm.pes} PEs`);
    this.charm.exit(3);
  }
  go(): void {
    this.contribute(this.index ** 2, Reducer.sum, this.array.at(0).callback.report);
  }
}

export default async function main(charm: Charm): Promise<void> {
  const workers = await charm.array(Worker, { size: 10 });
  if ((await workers.at(7).ask.square()) !== 49) throw new Error('wrong square');
  workers.all.go();
}
TS
npm install --silent --no-audit --no-fund "./$tarball"
code=0
output=$(npx charm4ts run app.ts --pes 2) || code=$?
if [ "$output" != 'sum 285 on 2 PEs' ] || [ "$code" != 3 ]; then
  echo "the installed package printed '$output' and ended with $code" >&2
  exit 1
fi
echo "installed package: $output, exit code $code"
"$root/node_modules/.bin/tsc" --noEmit --strict --target es2022 --module nodenext app.ts
echo 'installed package: types are right'
