// What `make run` shows: the gate before two real servers, driven by the official SDK
// client. Every line is checked as it is shown; with --once it ends by itself, with exit
// code 1 when anything was not as shown.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PROGRAM, environment } from '../flow/lib/gate.mjs';
import { Process, freePort, run } from '../flow/lib/process.mjs';
import { connectHttp, connectStdio, textOf } from '../flow/lib/client.mjs';
import { EVERYTHING_HTTP, commandOfFilesystem } from '../flow/lib/servers.mjs';
import { showRecords, showSnippets, say, style } from './show.mjs';

const FILES_POLICY = {
	version: '1',
	description: 'Files may be read; writing is counted; nothing is moved',
	default: 'deny',
	hide: ['directory_tree'],
	tools: {
		list_directory: {},
		read_text_file: { require: [{ conditions: [{ path: 'args.path', op: 'path_within', value: [] }], on_deny: 'only files of the shared folder may be read' }] },
		write_file: { limits: [{ counter: 'writes', window: 'minute', max: 3, scope: 'grant' }] },
		move_file: { action: 'deny', reason: 'moving files is switched off' },
	},
};
const EVERYTHING_POLICY = { version: '1', default: 'deny', tools: { echo: {}, 'get-sum': {}, 'get-structured-content': {} } };

const endings = [];
const later = { after: (fn) => endings.push(fn) };
let wrong = 0;

function check(good, what) {
	if (good)
		return;
	wrong++;
	say(`  ${style.bad('not as it should be:')} ${what}`);
}

async function gatehouse(world, ...args) {
	const r = await run([PROGRAM, ...args], { env: world.env, cwd: world.dir });
	if (r.code !== 0)
		throw new Error(`gatehouse ${args.join(' ')}: ${r.err || r.out}`);
	return r.out;
}

// In reverse order of starting, each at most once, whatever goes wrong.
async function end() {
	while (endings.length > 0)
		await Promise.resolve().then(endings.pop()).catch((e) => { wrong++; say(style.bad(String(e))); });
}

async function startWorld() {
	const dir = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'gatehouse-demo-')));
	endings.push(() => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));
	const shared = path.join(dir, 'shared');
	mkdirSync(shared);
	writeFileSync(path.join(shared, 'notes.txt'), 'Milk, bread, and a gate that says no.\n');
	writeFileSync(path.join(dir, 'private.txt'), 'nobody should read this\n');
	const world = { dir, shared, env: environment(dir), data: path.join(dir, 'data') };

	const port = await freePort();
	const everything = new Process(EVERYTHING_HTTP, { env: { PATH: process.env.PATH, PORT: String(port) }, name: 'server-everything' });
	endings.push(() => everything.stop());
	await everything.line(/listening on port/);
	world.everything = `http://127.0.0.1:${port}/mcp`;

	const config = path.join(dir, 'gatehouse.yaml');
	writeFileSync(config, 'listen: "127.0.0.1:0"\n');
	world.gate = new Process([PROGRAM, 'up', '--config', config, '--data-dir', world.data], { env: world.env, name: 'gatehouse' });
	endings.push(async () => {
		const how = await world.gate.stop();
		check(how.code === 0, `the gate ended with ${how.code ?? how.signal}`);
	});
	world.port = /127\.0\.0\.1:(\d+)/.exec(await world.gate.line(/127\.0\.0\.1:[1-9]/))[1];
	world.address = `http://127.0.0.1:${world.port}`;
	world.console = /http:\S+\/setup#token=\S+/.exec(await world.gate.line(/\/setup#token=/))[0];
	return world;
}

async function setUp(world) {
	const at = ['--data-dir', world.data];
	const policy = (name, document) => {
		const file = path.join(world.dir, `${name}.json`);
		writeFileSync(file, JSON.stringify(document, null, 2));
		return gatehouse(world, 'policy', 'apply', name, file, ...at);
	};
	FILES_POLICY.tools.read_text_file.require[0].conditions[0].value = [world.shared];
	await gatehouse(world, 'server', 'add', 'everything', world.everything, ...at);
	await gatehouse(world, 'server', 'add', 'files', ...at, '--', ...commandOfFilesystem(world.shared));
	await policy('everything', EVERYTHING_POLICY);
	await policy('files', FILES_POLICY);
	const printed = await gatehouse(world, 'grant', 'add', 'demo-agent', '--server', 'everything=everything', '--server', 'files=files', ...at);
	world.token = /gh_[A-Za-z0-9_-]+/.exec(printed)?.[0];
	world.snippets = printed.slice(printed.indexOf('Claude Code:'));
	for (const client of ['Claude Code', 'Claude Desktop', 'Cursor'])
		check(world.snippets.includes(`${client}`), `gatehouse grant add prints what to put into ${client}`);
	say(style.head('Set up'));
	say(`  gate        ${world.address}`);
	say('  everything  @modelcontextprotocol/server-everything over Streamable HTTP');
	say('  files       @modelcontextprotocol/server-filesystem on stdio');
	say('  demo-agent  a grant for both, with a policy for each\n');
}

async function showLists(client, direct) {
	const listed = (await client.listTools()).tools.map((x) => x.name).sort();
	const offered = (await direct.listTools()).tools.map((x) => x.name).sort();
	say(style.head('What the agent sees'));
	say(`  the server offers ${offered.length} tools, the agent is shown ${listed.length}: ${listed.join(', ')}`);
	const missing = offered.filter((n) => !listed.includes(n));
	say(`  not shown: ${missing.slice(0, 4).join(', ')} and ${missing.length - 4} more\n`);
	check(offered.includes('directory_tree') && !listed.includes('directory_tree'), 'directory_tree is offered and not shown');
	check(listed.length === 4, 'four tools are shown');
}

// One call and what became of it.
async function showCall(client, title, name, args, want) {
	const r = await client.callTool({ name, arguments: args }).catch((e) => ({ isError: true, content: [{ type: 'text', text: e.message }] }));
	const text = textOf(r).trim().split('\n')[0];
	say(`  ${r.isError ? style.bad('refused') : style.good('allowed')}  ${name.padEnd(22)} ${style.dim(title)}`);
	say(`           ${text.length > 100 ? `${text.slice(0, 97)}...` : text}`);
	check(want.test(`${r.isError ? 'refused' : 'allowed'} ${text}`), `${name} (${title}): ${want}`);
	return r;
}

async function showCalls(everything, files, world) {
	const file = (name) => path.join(world.shared, name);
	say(style.head('What the agent may do'));
	await showCall(everything, 'a tool that the policy allows', 'get-sum', { a: 40, b: 2 }, /^allowed .*42/);
	await showCall(everything, 'a tool that no rule names', 'get-env', {}, /^refused \[POLICY DENIED\]/);
	await showCall(files, 'inside the shared folder', 'read_text_file', { path: file('notes.txt') }, /^allowed .*gate that says no/);
	await showCall(files, 'outside of it, with ..', 'read_text_file', { path: file('../private.txt') }, /^refused \[POLICY DENIED\] only files of the shared folder/);
	await showCall(files, 'an argument of the wrong type', 'read_text_file', { path: ['a', 'list'] }, /^refused \[POLICY DENIED\]/);
	await showCall(files, 'switched off, with a reason', 'move_file', { source: file('notes.txt'), destination: file('gone.txt') }, /^refused .*moving files is switched off/);
	await showCall(files, 'hidden, and called all the same', 'directory_tree', { path: world.shared }, /^refused/);
	say('');
	say(style.head('Three writes a minute'));
	let allowed = 0;
	let last;
	for (let i = 1; i <= 8 && !last?.isError; i++) {
		last = await showCall(files, `write ${i}`, 'write_file', { path: file(`note-${i}.txt`), content: `note ${i}\n` }, /^allowed|^refused \[POLICY DENIED\].*\d/);
		allowed += last.isError ? 0 : 1;
	}
	const seconds = last._meta?.['io.gatehouse/decision']?.retryAfterSeconds;
	check(last.isError && seconds > 0 && seconds <= 60, 'the limit is reached, and the answer says for how long');
	check(allowed >= 3 && allowed <= 6, `three writes a minute passed, not ${allowed}`);
	say(`           ${style.dim(`the agent is told to come back in ${seconds} s`)}\n`);
}

// Without Node at the build there is no console, and a page says so.
async function showConsole(world) {
	const page = await fetch(world.address);
	check(page.status === 200 && /<title>/.test(await page.text()), 'the console answers at the address of the gate');
	say(style.head('In a browser'));
	say('  The same calls, live, with the rule that decided each; tools with their risk; policies to change:');
	say(`  ${world.console}`);
	say(style.dim('  (choose a name and a password; the link works once)\n'));
}

async function main() {
	const isOnce = process.argv.includes('--once');
	const stopped = new Promise((resolve) => { for (const s of ['SIGINT', 'SIGTERM']) process.on(s, resolve); });
	say('');
	const world = await startWorld();
	await setUp(world);
	const everything = await connectHttp(later, `${world.address}/mcp/everything`, world.token);
	const files = await connectHttp(later, `${world.address}/mcp/files`, world.token);
	const direct = await connectStdio(later, commandOfFilesystem(world.shared), { cwd: world.dir });
	await showLists(files, direct);
	await showCalls(everything, files, world);
	const records = await showRecords((...args) => gatehouse(world, ...args, '--data-dir', world.data));
	check(/read_text_file/.test(records) && /writes/.test(records), 'the records name the calls and the limit');
	showSnippets(world.snippets);
	await showConsole(world);
	if (isOnce || wrong > 0)
		return;
	say(style.dim('The gate stays up until Ctrl-C.'));
	await Promise.race([stopped, world.gate.exited]);
}

try {
	await main();
} catch (e) {
	wrong++;
	say(style.bad(e.stack ?? String(e)));
} finally {
	await end();
}
process.exit(wrong > 0 ? 1 : 0);
