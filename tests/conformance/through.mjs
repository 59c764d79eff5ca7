// The client of the client leg behind a gate of its own: `through.mjs URL` starts a gate with
// the suite's server behind it, lets client.mjs do its scenario through it, and ends both.
import path from 'node:path';
import { startGate } from '../flow/lib/gate.mjs';
import { run } from '../flow/lib/process.mjs';
import { EVERYTHING } from './policy.mjs';

const endings = [];
const later = { after: (fn) => endings.push(fn) };
let code = 1;
try {
	const gate = await startGate(later, { servers: { suite: process.argv.at(-1) }, policies: { everything: EVERYTHING }, rights: { suite: 'everything' } });
	const client = path.join(import.meta.dirname, 'client.mjs');
	const r = await run([process.execPath, client, gate.url('suite')], { env: { ...process.env, GATE_TOKEN: gate.token } });
	process.stderr.write(`${r.out}\n${r.err}\n`);
	if (r.code !== 0)
		process.stderr.write(`the gate's log:\n${gate.log().join('\n')}\n`);
	code = r.code;
} finally {
	for (const fn of endings.reverse())
		await fn();
}
process.exitCode = code;
