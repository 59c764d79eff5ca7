// The catalogue that is kept, from outside: real servers over stdio and HTTP, the servers of the example
// page, files of every shape, and a registry of our own.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { atEnd } from './lib/ending.mjs';
import { PROGRAM, environment, startGate, testDir } from './lib/gate.mjs';
import { connectHttp, connectStdio } from './lib/client.mjs';
import { run } from './lib/process.mjs';
import { fromPypi } from './lib/pypi.mjs';
import { EVERYTHING_HTTP, commandOfEverything, commandOfFilesystem, startEverything } from './lib/servers.mjs';

function catalogue(t, env = {}) {
	const dir = testDir(t);
	const call = async (...args) => {
		const split = args.indexOf('--');
		const words = split < 0 ? [...args, '--db', 'c.db'] : [...args.slice(0, split), '--db', 'c.db', ...args.slice(split)];
		return run([PROGRAM, 'catalog', ...words], { cwd: dir, env: environment(dir, env), ms: 120000 });
	};
	call.dir = dir;
	call.write = (name, value) => {
		writeFileSync(path.join(dir, name), typeof value === 'string' ? value : JSON.stringify(value));
		return name;
	};
	call.good = async (...args) => {
		const r = await call(...args);
		assert.equal(r.code, 0, `${args.join(' ')}: ${r.out}${r.err}`);
		return r.out;
	};
	call.json = async (...args) => JSON.parse(await call.good(...args, '--json'));
	call.lines = async (...args) => (await call.good(...args)).split('\n').filter(Boolean).map((l) => JSON.parse(l));
	return call;
}

const names = (list) => list.map((x) => x.name).sort();
const tool = (name, more = {}) => ({ name, inputSchema: { type: 'object' }, ...more });

test('a server that is started lists its own tools', async (t) => {
	const gatehouse = catalogue(t);
	const command = commandOfFilesystem(gatehouse.dir);
	const direct = await connectStdio(t, command, { cwd: gatehouse.dir });
	const offered = (await direct.listTools()).tools;
	await gatehouse.good('add', 'files', '--package', 'pkg:npm/@modelcontextprotocol/server-filesystem', '--', ...command);
	const s = await gatehouse.json('show', 'files');
	assert.deepEqual(names(s.tool_list), names(offered));
	assert.equal(s.tools, offered.length);
	assert.equal(s.source, 'live');
	assert.equal(s.package, 'pkg:npm/@modelcontextprotocol/server-filesystem');
	assert.ok(!s.where.includes(gatehouse.dir), 'arguments are not kept');
	assert.match(s.grade, /^[A-F]$/);
	assert.ok(s.grade_because.startsWith(`${s.grade}: the worst of ${s.tools} tools is `));
	const write = await gatehouse.json('show', 'files/write_file');
	assert.deepEqual(write.definition, offered.find((x) => x.name === 'write_file'), 'a definition is kept as it was listed');
	assert.ok(write.profile.signals.some((x) => x.kind === 'path'), JSON.stringify(write.profile.signals));
	const page = await gatehouse.good('show', 'files', 'write_file');
	const order = ['What it does', 'Why it needs', 'How to control', 'What the server claims', 'Questions', 'Where this comes from'];
	assert.deepEqual(order.map((x) => page.indexOf(x)), order.map((x) => page.indexOf(x)).sort((a, b) => a - b));
	assert.ok(order.every((x) => page.includes(x)), page);
});

test('over HTTP, and a server of the gate by its name', async (t) => {
	const gatehouse = catalogue(t);
	const everything = await startEverything(t);
	const offered = (await (await connectStdio(t, commandOfEverything('catalogue'), { cwd: gatehouse.dir })).listTools()).tools;
	await gatehouse.good('add', `${everything.url}?token=secret`, '--as', 'everything');
	const s = await gatehouse.json('show', 'everything');
	assert.deepEqual(names(s.tool_list), names(offered));
	assert.equal(s.where, everything.url);
	assert.ok(!JSON.stringify(s).includes('secret'));
	assert.ok(EVERYTHING_HTTP.length && s.version, 'it says its version');
	const gate = await startGate(t, { servers: { mine: commandOfEverything('mine') }, policies: { all: { version: '1', default: 'allow' } }, rights: { mine: 'all' } });
	await connectHttp(t, gate.url('mine'), gate.token);
	const r = await run([PROGRAM, 'catalog', 'add', 'mine', '--data-dir', gate.data], { cwd: gatehouse.dir, env: environment(gatehouse.dir), ms: 120000 });
	assert.equal(r.code, 0, r.err);
	assert.match(r.out, /^mine: \d+ tools/);
});

test('a server that cannot be asked changes nothing', async (t) => {
	const gatehouse = catalogue(t);
	for (const [args, code, said] of [
		[['add', 'x', '--', '/bin/false'], 1, /lists no tools/],
		[['add', 'http://127.0.0.1:9/mcp'], 1, /./],
		[['add', 'nobody'], 2, /no file, and there is no gate/],
		[['add', 'missing.json'], 2, /cannot open/],
		[['show', 'x'], 2, /no catalogue/],
		[['add', 'x', '--package', 'files', '--', '/bin/false'], 2, /pkg:npm/],
	]) {
		const r = await gatehouse(...args);
		assert.equal(r.code, code, `${args.join(' ')}: ${r.out}${r.err}`);
		assert.match(r.err, said);
		assert.equal(r.err.trim().split('\n').length, 1, r.err);
	}
	assert.ok(!existsSync(path.join(gatehouse.dir, 'c.db')));
});

test('each server of the page lists its own tools and nobody else\'s', async (t) => {
	const programs = { cloudwatch: 'awslabs.cloudwatch-applicationsignals-mcp-server', sitewise: 'awslabs.aws-iot-sitewise-mcp-server', healthomics: 'awslabs.aws-healthomics-mcp-server' };
	const gatehouse = catalogue(t, { AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test',
		AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_EC2_METADATA_DISABLED: 'true', AWS_MAX_ATTEMPTS: '1', NO_PROXY: '*' });
	const lists = {};
	for (const [name, program] of Object.entries(programs)) {
		const { bin, why } = await fromPypi(name);
		if (why)
			return t.skip(why);
		await gatehouse.good('add', program, '--package', `pkg:pypi/${program}`, '--', path.join(bin, program));
		lists[name] = names((await gatehouse.json('show', program)).tool_list);
		assert.ok(lists[name].length > 0 && lists[name].length < 200, `${name}: ${lists[name].length} tools`);
	}
	for (const [name, list] of Object.entries(lists))
		assert.equal(list.includes('CloneContainerToECR'), name === 'healthomics', name);
	const found = (await gatehouse.json('search', 'CloneContainerToECR')).tools;
	assert.deepEqual(found.map((x) => x.server), [programs.healthomics]);
	const whole = await gatehouse.json('show', `${programs.healthomics}/CloneContainerToECR`);
	assert.ok(whole.definition.description.length > 0, 'its own server describes it');
	const all = Object.values(lists).flat();
	const total = await gatehouse.json('search');
	assert.equal(total.total, all.length);
});

test('files of every shape', async (t) => {
	const gatehouse = catalogue(t);
	const list = [tool('read_it', { description: 'Reads it' }), tool('delete_it', { description: 'Deletes it for ever' })];
	await gatehouse.good('add', gatehouse.write('result.json', { jsonrpc: '2.0', id: 1, result: { tools: list } }));
	await gatehouse.good('add', gatehouse.write('bare.json', list), '--as', 'named');
	await gatehouse.good('add', gatehouse.write('pretty.json', JSON.stringify({ tools: list }, null, 2)));
	await gatehouse.good('add', gatehouse.write('lines.jsonl', ['a', 'b'].map((x) => JSON.stringify({ server: `line/${x}`, version: '1', tools: list })).join('\n')));
	await gatehouse.good('add', gatehouse.write('rows.jsonl', [...list, { name: 'third' }].map((x, i) => JSON.stringify({ server: `row/${i % 2}`, tool: x.name, description: x.description ?? '', inputSchema: null, annotations: {} })).join('\n')));
	const servers = await gatehouse.lines('list', '--json');
	assert.deepEqual(servers.map((s) => [s.id, s.tools]), [['line/a', 2], ['line/b', 2], ['named', 2], ['pretty', 2], ['result', 2], ['row/0', 2], ['row/1', 1]]);
	assert.equal((await gatehouse.json('show', 'named/delete_it')).category, 'destructive');
	assert.equal((await gatehouse.json('show', 'line/a', 'read_it')).server, 'line/a');
	const bad = await gatehouse('add', gatehouse.write('bad.jsonl', ['{"server":"good/one","tools":[]}', '{', '5', '{"server":"bad id","tools":[]}', '{"server":"x","tools":{}}', '{"server":"good/two","tools":[]}'].join('\n')), '--json');
	assert.equal(bad.code, 1);
	assert.deepEqual(JSON.parse(bad.out), { servers: 2, tools: 0, refused: 0, entries: 0, older: 0, bad: 4 });
	assert.deepEqual(bad.err.split('\n').map((l) => /line (\d)/.exec(l)?.[1]).filter(Boolean), ['2', '3', '4', '5'], bad.err);
	assert.match((await gatehouse('show', 'lines/a')).err, /did you mean 'line\/a'/);
	assert.match((await gatehouse('show', 'named/delet_it')).err, /did you mean 'delete_it'/);
});

test('what changes is told', async (t) => {
	const gatehouse = catalogue(t);
	await gatehouse.good('add', gatehouse.write('s.json', [tool('one', { description: 'Reads a file' }), tool('two')]));
	const said = await gatehouse.good('add', gatehouse.write('s.json', [tool('one', { description: 'Deletes every file' }), tool('three')]));
	assert.match(said, /^s: 2 tools \(1 new, 1 changed, 1 gone\)/);
	const changes = await gatehouse.lines('changes', 's', '--json');
	assert.deepEqual(changes.map((c) => [c.kind, c.tool ?? null]).sort(), [['added', 'three'], ['added', null], ['changed', 'one'], ['removed', 'two']].sort());
	const one = changes.find((c) => c.tool === 'one');
	assert.equal(one.from.definition.description, 'Reads a file');
	assert.equal(one.to.definition.description, 'Deletes every file');
	assert.deepEqual([one.from.category, one.to.category], ['read', 'destructive']);
	assert.deepEqual(await gatehouse.lines('changes', '--since', '2100-01-01', '--json'), []);
	await gatehouse.good('remove', 's');
	assert.equal((await gatehouse('show', 's')).code, 1);
});

test('what is exported can be added again, and CSV holds no formula', async (t) => {
	const gatehouse = catalogue(t);
	await gatehouse.good('add', gatehouse.write('s.json', [tool('=1+1', { description: 'a "quoted"\u001b[2J' }), tool('twice'), tool('twice')]));
	const csv = await gatehouse.good('export', '--csv');
	assert.match(csv, /"'=1\+1"/);
	assert.ok(!csv.includes('\u001b'));
	const before = await gatehouse.json('show', 's');
	const lists = await gatehouse.good('export', '--lists');
	await gatehouse.good('remove', 's');
	await gatehouse.good('add', gatehouse.write('again.jsonl', lists), '--jsonl');
	const after = await gatehouse.json('show', 's');
	assert.equal(after.digest, before.digest);
	assert.equal(after.refused, before.refused);
});

function entry(name, more = {}, meta = {}) {
	return { server: { $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json', name, description: `What ${name} does`, version: '1.0.0', ...more },
		_meta: { 'io.modelcontextprotocol.registry/official': { status: 'active', publishedAt: '2026-01-01T00:00:00Z', isLatest: true, ...meta } } };
}

// answer(url) gives { status, body }.
async function startRegistry(t, answer) {
	const asked = [];
	const server = http.createServer((req, res) => {
		asked.push(req.url);
		const { status = 200, body } = answer(new URL(req.url, 'http://x'));
		res.writeHead(status, { 'content-type': 'application/json' });
		res.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
	});
	await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
	atEnd(t, () => { server.closeAllConnections(); server.close(); });
	return { url: `http://127.0.0.1:${server.address().port}/v0.1/servers`, asked };
}

test('a registry is read page by page, and lists are linked to its entries', async (t) => {
	const gatehouse = catalogue(t);
	const pages = { '': { servers: [
		entry('com.example/files', { packages: [{ registryType: 'npm', identifier: '@example/files', version: '1.0.0', transport: { type: 'stdio' } }] }),
		entry('com.example/old', {}, { status: 'deprecated' }), entry('com.example/files', { version: '0.9.0' }, { isLatest: false })],
	metadata: { nextCursor: 'a b&c', count: 3 } },
	'a b&c': { servers: [entry('noslash'), entry('com.example/remote', { remotes: [{ type: 'streamable-http', url: 'https://mcp.example.com/x?key=1' }] }),
		{ server: 5 }, entry('com.example/odd', {}, { status: 'frozen' })], metadata: { count: 4 } } };
	const registry = await startRegistry(t, (url) => ({ body: pages[url.searchParams.get('cursor') ?? ''] }));
	const r = await gatehouse('add', registry.url, '--json');
	assert.equal(r.code, 1, 'bad entries are told');
	assert.deepEqual(JSON.parse(r.out), { servers: 0, tools: 0, refused: 0, entries: 4, older: 1, bad: 2 });
	assert.equal(r.err.split('\n').filter((l) => l.includes('of the registry')).length, 2, r.err);
	assert.deepEqual(registry.asked, ['/v0.1/servers?version=latest&limit=100', '/v0.1/servers?version=latest&limit=100&cursor=a%20b%26c']);
	const list = await gatehouse.lines('list', '--json');
	assert.deepEqual(list.map((s) => [s.id, s.status, s.has_list]), [['com.example/files', 'active', false], ['com.example/odd', 'unknown', false],
		['com.example/old', 'deprecated', false], ['com.example/remote', 'active', false]]);
	assert.equal(list[3].remote, 'https://mcp.example.com/x');
	await gatehouse.good('add', gatehouse.write('mine.json', [tool('a')]), '--package', 'pkg:npm/@example/files');
	assert.equal((await gatehouse.json('show', 'mine')).entry, 'com.example/files');
	await gatehouse.good('add', gatehouse.write('entry.json', entry('com.example/alone').server));
	assert.equal((await gatehouse.json('show', 'com.example/alone')).source, 'registry');
});

test('a registry that fails is told, and what it gave is kept', async (t) => {
	const page = (name, nextCursor) => ({ body: { servers: [entry(name)], metadata: { nextCursor } } });
	const cases = {
		'the same cursor': [(url) => page(`a/n${url.searchParams.get('cursor') ?? 0}`, 'again'), /same cursor/, 2],
		'an error': [(url) => (url.searchParams.get('cursor') ? { status: 500, body: '{}' } : page('a/one', 'x')), /status 500/, 1],
		'no JSON': [() => ({ body: '<html>' }), /no JSON/, 0],
		'no servers': [() => ({ body: { error: 'x' } }), /'servers'/, 0],
		'a page too large': [() => ({ body: Buffer.alloc((16 << 20) + 1, 32) }), /more than 16777216 bytes/, 0],
		'a redirect': [() => ({ status: 302, body: '' }), /status 302/, 0],
	};
	for (const [what, [answer, said, kept]] of Object.entries(cases)) {
		const gatehouse = catalogue(t);
		const registry = await startRegistry(t, answer);
		const r = await gatehouse('add', registry.url);
		assert.equal(r.code, 1, what);
		assert.match(r.err, said, what);
		assert.equal((await gatehouse.lines('list', '--json')).length, kept, what);
	}
});
