// The official Python client: one that tries a newer revision of MCP first, and one that
// does not.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { connectHttp, textOf } from './lib/client.mjs';
import { atEnd } from './lib/ending.mjs';
import { PROGRAM, ROOT, environment, startGate, testDir } from './lib/gate.mjs';
import { fromPypi } from './lib/pypi.mjs';
import { Process, freePort, run } from './lib/process.mjs';
import { commandOfEverything, startEverything } from './lib/servers.mjs';

const POLICY = { version: '1', default: 'deny', tools: { echo: {}, 'get-sum': {}, 'get-env': { action: 'deny', reason: 'no environment' } } };
const SCRIPT = path.join(ROOT, 'tests/flow/lib/client.py');
const SERVER = path.join(ROOT, 'tests/flow/lib/server.py');

async function look(t, args) {
	const { bin, why } = await fromPypi('mcp');
	if (why)
		return t.skip(why);
	const dir = testDir(t);
	const r = await run([path.join(bin, 'python'), SCRIPT, ...args], { env: environment(dir), cwd: dir });
	assert.equal(r.code, 0, r.err);
	const seen = JSON.parse(r.out.split('\n').pop());
	assert.deepEqual(seen.tools, ['echo', 'get-env', 'get-sum']);
	assert.match(seen.allowed, /from Python/);
	assert.equal(seen.refused[0], true);
	assert.match(seen.refused[1], /^\[POLICY DENIED\] no environment(\n|$)/);
	return undefined;
}

for (const mode of ['auto', 'legacy', 'sse'])
	test(`the Python client over HTTP, ${mode}`, async (t) => {
		const { url } = await startEverything(t);
		const gate = await startGate(t, { servers: { everything: url }, policies: { p: POLICY }, rights: { everything: 'p' } });
		await look(t, [gate.url('everything'), gate.token, mode]);
	});

test('the Python client on pipes through wrap', async (t) => {
	const dir = testDir(t);
	const policy = path.join(dir, 'policy.json');
	writeFileSync(policy, JSON.stringify(POLICY));
	await look(t, ['-', policy, PROGRAM, ...commandOfEverything(dir)]);
});

// A server on the Python SDK, over the transport of 2024-11-05 or of today.
async function startPython(t, transport) {
	const { bin, why } = await fromPypi('mcp');
	if (why)
		return { why };
	const port = await freePort();
	const dir = testDir(t);
	const p = new Process([path.join(bin, 'python'), SERVER, transport, String(port)], { env: environment(dir), cwd: dir, name: 'python' });
	atEnd(t, () => p.stop());
	await p.line(/running on http/);
	return { url: `http://127.0.0.1:${port}/${transport === 'sse' ? 'sse' : 'mcp'}` };
}

for (const transport of ['sse', 'streamable-http']) {
	test(`the TypeScript client with a Python server over ${transport}`, async (t) => {
		const { url, why } = await startPython(t, transport);
		if (why)
			return t.skip(why);
		const gate = await startGate(t, { servers: { python: url }, policies: { p: POLICY }, rights: { python: 'p' } });
		const client = await connectHttp(t, gate.url('python'), gate.token);
		const progress = [];
		assert.deepEqual((await client.listTools()).tools.map((x) => x.name).sort(), ['echo', 'get-env', 'get-sum']);
		assert.match(textOf(await client.callTool({ name: 'echo', arguments: { message: 'from TypeScript' } })), /from TypeScript/);
		const sum = await client.callTool({ name: 'get-sum', arguments: { a: 2, b: 3 } }, undefined, { onprogress: (x) => progress.push(x.progress) });
		assert.equal(textOf(sum), '5.0');
		assert.deepEqual(progress, [1]);
		assert.match(textOf(await client.callTool({ name: 'get-env', arguments: {} })), /POLICY DENIED/);
		assert.deepEqual(client.errors, []);
		return undefined;
	});

	test(`the Python client with a Python server over ${transport}`, async (t) => {
		const { url, why } = await startPython(t, transport);
		if (why)
			return t.skip(why);
		const gate = await startGate(t, { servers: { everything: url }, policies: { p: POLICY }, rights: { everything: 'p' } });
		for (const mode of ['auto', 'legacy'])
			await look(t, [gate.url('everything'), gate.token, mode]);
		return undefined;
	});
}
