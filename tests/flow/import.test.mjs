// gatehouse import on a home folder with configurations as each client writes them: what it shows, what it
// writes, a real client that uses what was written, and that all of it can be taken back, byte for byte.
import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { ROOT, startGate, testDir } from './lib/gate.mjs';
import { connectHttp, textOf } from './lib/client.mjs';
import { commandOfFilesystem } from './lib/servers.mjs';

const CASES = path.join(ROOT, 'tests/cases/clients');
// Where each client looks, on Linux, macOS and Windows.
const HOME = {
	'.claude.json': 'claude-code/user/in.json',
	'.config/Claude/claude_desktop_config.json': 'claude-desktop/plain/in.json',
	'Library/Application Support/Claude/claude_desktop_config.json': 'claude-desktop/plain/in.json',
	'.cursor/mcp.json': 'cursor/user/in.json',
	'.config/Code/User/mcp.json': 'vscode/user/in.json',
	'.config/Code/User/settings.json': 'vscode/settings/in.json',
	'.config/Code - Insiders/User/profiles/1a2b/mcp.json': 'vscode/user/in.json',
	'.codeium/windsurf/mcp_config.json': 'windsurf/bom-crlf/in.json',
	'AppData/Roaming/Zed/settings.json': 'zed/plain/in.json',
	'.codex/config.toml': 'codex/plain/in.toml',
	'.gemini/settings.json': 'gemini/plain/in.json',
	'.config/zed/settings.json': 'zed/plain/in.json',
	'.continue/config.yaml': 'continue/config/in.yaml',
	'.continue/config.json': 'continue/older/in.json',
	'.continue/mcpServers/one.yaml': 'continue/project-block/in.yaml',
};
const PROJECT = {
	'.mcp.json': 'claude-code/project-mcp-json/in.json',
	'.cursor/mcp.json': 'cursor/project/in.json',
	'.vscode/mcp.json': 'vscode/user/in.json',
	'.codex/config.toml': 'codex/inline/in.toml',
	'.gemini/settings.json': 'gemini/plain/in.json',
	'.zed/settings.json': 'zed/plain/in.json',
	'.continue/mcpServers/browser.yaml': 'continue/project-block/in.yaml',
	'.continue/mcpServers/play.json': 'continue/project-json/in.json',
};
const SECRETS = ['BSAabcdef0123456789', 's3cret-99', 'ghp_0123456789', 'abcd-efgh-ijkl', 'sk-proj-0123456789', 'abc123def456', 'xyz-0987-abcdefgh',
                 'zzz-é-12345', 'abcdef-123456', 'NjQ0MTI4Mzk1NzY0ODk3MjY1', 'tickets-9'];

function put(dir, files) {
	for (const [name, from] of Object.entries(files)) {
		mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
		copyFileSync(path.join(CASES, from), path.join(dir, name));
	}
}

function write(dir, name, text) {
	mkdirSync(path.dirname(path.join(dir, name)), { recursive: true });
	writeFileSync(path.join(dir, name), typeof text === 'string' ? text : JSON.stringify(text, null, 2));
}

// Every file below a folder, with its bytes, its mode and where a link leads.
function snapshot(dir) {
	const all = {};
	for (const one of readdirSync(dir, { recursive: true }).sort()) {
		const file = path.join(dir, one);
		const st = lstatSync(file);
		if (st.isFile())
			all[one] = `${(st.mode & 0o7777).toString(8)} ${readFileSync(file).toString('base64')}`;
		else if (st.isSymbolicLink())
			all[one] = 'link';
	}
	return all;
}

test('the configurations of nine clients, there and back', async (t) => {
	const gate = await startGate(t, { env: { TICKETS: 'tickets-9' } });
	const home = path.join(gate.dir, 'home'), project = path.join(gate.dir, 'app');
	put(home, HOME);
	put(project, PROJECT);
	chmodSync(path.join(home, '.claude.json'), 0o600);
	// A file that is kept elsewhere, as people do who keep their settings under version control.
	mkdirSync(path.join(gate.dir, 'dotfiles'));
	copyFileSync(path.join(home, '.gemini/settings.json'), path.join(gate.dir, 'dotfiles/gemini.json'));
	rmSync(path.join(home, '.gemini/settings.json'));
	symlinkSync('../../dotfiles/gemini.json', path.join(home, '.gemini/settings.json'));
	const before = snapshot(gate.dir);
	const words = ['import', '--home', home, '--project', project];

	const look = await gate.mustRun([...words, '--dry-run']);
	for (const secret of SECRETS)
		assert.ok(!(look.out + look.err).includes(secret), `${secret} is not shown`);
	for (const said of ['Claude Desktop: ', 'Claude Code: ', 'Cursor: ', 'VS Code: ', 'Windsurf: ', 'Codex: ', 'Gemini CLI: ', 'Zed: ', 'Continue: ', 'secret in clear: variable BRAVE_API_KEY',
	                    '"Authorization": "Bearer …"', 'stays as it is: is switched off', 'do not commit it'])
		assert.ok(look.out.includes(said), said);
	const after = snapshot(gate.dir);
	for (const name of Object.keys(before).filter((n) => /^(home|app|dotfiles)/.test(n)))
		assert.equal(after[name], before[name], `${name} is only looked at`);
	assert.deepEqual(await gate.json(['server', 'list']), []);

	const done = await gate.mustRun([...words, '--yes']);
	assert.match(done.out, /no policy, so every call is refused/);
	const servers = await gate.json(['server', 'list']);
	assert.equal(servers.filter((s) => s.name.startsWith('filesystem')).length, 1, 'what two clients have stands there once');
	const labels = (await gate.json(['grant', 'list'])).map((g) => g.label).sort();
	assert.deepEqual(labels, ['claude-code', 'claude-desktop', 'codex', 'continue', 'cursor', 'gemini', 'vscode', 'windsurf', 'zed']);
	const database = readFileSync(path.join(gate.data, 'gatehouse.db'), 'latin1') + (existsSync(path.join(gate.data, 'gatehouse.db-wal')) ? readFileSync(path.join(gate.data, 'gatehouse.db-wal'), 'latin1') : '');
	for (const secret of ['BSAabcdef0123456789', 'ghp_0123456789', 'sk-proj-0123456789', 'abc123def456', 'xyz-0987-abcdefgh'])
		assert.ok(!database.includes(secret), `${secret} is sealed`);
	for (const name of [...Object.keys(HOME).map((n) => path.join(home, n)), ...Object.keys(PROJECT).map((n) => path.join(project, n))]) {
		const real = realpathSync(name);
		assert.equal(statSync(real).mode & 0o777, name.endsWith('.claude.json') ? 0o600 : 0o644, `${name} keeps its mode`);
		assert.ok(readFileSync(real, 'utf8').includes(`127.0.0.1:${gate.port}/mcp/`), `${name} points at the gate`);
		assert.equal(statSync(`${real}.gatehouse-backup`).mode & 0o777, 0o600, 'a backup is for its owner alone');
	}
	assert.ok(lstatSync(path.join(home, '.gemini/settings.json')).isSymbolicLink(), 'a link stays a link');
	assert.match((await gate.mustRun([...words, '--yes'])).out, /is behind the gate already/, 'a second import finds nothing to do');

	const undone = await gate.mustRun(['import', '--undo']);
	assert.match(undone.out, /restored '.*mcp\.json'/);
	const back = snapshot(gate.dir);
	const names = (all) => Object.keys(all).filter((n) => /^(home|app|dotfiles)/.test(n));
	assert.deepEqual(names(back), names(before), 'no file is left over');
	for (const name of names(before))
		assert.equal(back[name], before[name], `${name}: every byte, and its mode`);
	assert.deepEqual(await gate.json(['server', 'list']), []);
	assert.equal((await gate.command(['import', '--undo'])).code, 1);
});

test('a client that was moved uses the gate', async (t) => {
	const gate = await startGate(t);
	const home = path.join(gate.dir, 'home'), files = path.join(gate.dir, 'files');
	write(files, 'hello.txt', 'hello');
	const [command, ...args] = commandOfFilesystem(files);
	write(home, '.claude.json', { numStartups: 3, mcpServers: { 'my files': { type: 'stdio', command, args, env: { API_TOKEN: 'tok-0123456789-abc' } } }, userID: 'x' });
	write(home, '.cursor/mcp.json', { mcpServers: { files: { command, args, env: { API_TOKEN: 'tok-0123456789-abc' } } } });
	write(home, '.codex/config.toml', `[mcp_servers.files]\ncommand = ${JSON.stringify(command)}\nargs = ${JSON.stringify(args)}\nenv = { API_TOKEN = "tok-0123456789-abc" }\n`);
	const { out, err } = await gate.mustRun(['import', '--home', home, '--yes', '--policy', 'recommended']);
	assert.match(out, /policy 'my-files-recommended' \(.*read/);
	assert.ok(!(out + err).includes('tok-0123456789-abc'));
	assert.equal((await gate.json(['server', 'list'])).length, 1, 'three clients, one server');

	const claude = JSON.parse(readFileSync(path.join(home, '.claude.json'), 'utf8'));
	const cursor = JSON.parse(readFileSync(path.join(home, '.cursor/mcp.json'), 'utf8'));
	const codex = readFileSync(path.join(home, '.codex/config.toml'), 'utf8');
	assert.equal(claude.numStartups, 3);
	assert.deepEqual(Object.keys(claude.mcpServers['my files']), ['type', 'url', 'headers']);
	const entries = [claude.mcpServers['my files'], cursor.mcpServers.files,
	                 { url: /url = "(.*)"/.exec(codex)[1], headers: { Authorization: /Authorization = "(.*)"/.exec(codex)[1] } }];
	for (const { url, headers } of entries) {
		assert.match(headers.Authorization, /^Bearer gh_/);
		const client = await connectHttp(t, url, null, { headers });
		const names = (await client.listTools()).tools.map((x) => x.name);
		assert.ok(names.includes('read_text_file') && names.includes('list_directory'), names.join());
		assert.match(textOf(await client.callTool({ name: 'list_directory', arguments: { path: files } })), /hello\.txt/);
		await client.end();
	}
	assert.equal(new Set(entries.map((x) => x.headers.Authorization)).size, 3, 'each client has a token of its own');

	await gate.mustRun(['import', '--undo']);
	const { headers, url } = entries[0];
	await assert.rejects(connectHttp(t, url, null, { headers }), /a valid grant is needed/, 'the token is worth nothing any more');
});

test('what was changed since is not overwritten', async (t) => {
	const gate = await startGate(t);
	const home = path.join(gate.dir, 'home');
	write(home, '.cursor/mcp.json', '{"mcpServers": {"a": {"url": "http://127.0.0.1:1/mcp"}}}\n');
	write(home, '.gemini/settings.json', '{"mcpServers": {"a": {"httpUrl": "http://127.0.0.1:1/mcp"}}}\n');
	const before = snapshot(home);
	await gate.mustRun(['import', '--home', home, '--yes']);
	writeFileSync(path.join(home, '.cursor/mcp.json'), '{"mcpServers": {}}');
	const r = await gate.command(['import', '--undo']);
	assert.equal(r.code, 1);
	assert.match(r.err, /mcp\.json' was changed since/);
	assert.notEqual(readFileSync(path.join(home, '.gemini/settings.json'), 'base64'), before['.gemini/settings.json'], 'nothing is undone by halves');
	await gate.mustRun(['import', '--undo', '--force']);
	assert.deepEqual(snapshot(home), before);
});

test('the entries go back into a file that its client wrote meanwhile', async (t) => {
	const gate = await startGate(t);
	const home = path.join(gate.dir, 'home');
	write(home, '.claude.json', { numStartups: 1, mcpServers: { a: { type: 'http', url: 'http://127.0.0.1:1/mcp' } }, projects: { '/p': { mcpServers: { b: { command: 'x', args: ['y'] } } } } });
	await gate.mustRun(['import', '--home', home, '--yes']);
	const now = JSON.parse(readFileSync(path.join(home, '.claude.json'), 'utf8'));
	now.numStartups = 2;
	now.mcpServers.later = { type: 'http', url: 'http://127.0.0.1:1/later' };
	write(home, '.claude.json', JSON.stringify(now));
	assert.equal((await gate.command(['import', '--undo'])).code, 1);
	assert.match((await gate.mustRun(['import', '--undo', '--merge'])).out, /put the entries back into '.*\.claude\.json'/);
	assert.deepEqual(JSON.parse(readFileSync(path.join(home, '.claude.json'), 'utf8')),
		{ numStartups: 2, mcpServers: { a: { type: 'http', url: 'http://127.0.0.1:1/mcp' }, later: { type: 'http', url: 'http://127.0.0.1:1/later' } },
		  projects: { '/p': { mcpServers: { b: { command: 'x', args: ['y'] } } } } });
});

test('a file that changes while servers are asked stops the import, and all is taken back', async (t) => {
	const gate = await startGate(t);
	const home = path.join(gate.dir, 'home');
	write(home, '.cursor/mcp.json', '{"mcpServers": {"a": {"url": "http://127.0.0.1:1/mcp"}}}\n');
	const gemini = path.join(home, '.gemini/settings.json');
	write(home, '.gemini/settings.json', { mcpServers: { b: { command: '/bin/sh', args: ['-c', `echo >> '${gemini}'; exit 1`] } } });
	const cursor = readFileSync(path.join(home, '.cursor/mcp.json'), 'utf8');
	const r = await gate.command(['import', '--home', home, '--yes', '--policy', 'recommended']);
	assert.equal(r.code, 1, r.err);
	assert.match(r.err, /settings\.json' was changed meanwhile: close Gemini CLI/);
	assert.match(r.err, /1 files were written and the others were not; 'gatehouse import --undo' takes all of it back/);
	assert.notEqual(readFileSync(path.join(home, '.cursor/mcp.json'), 'utf8'), cursor);
	await gate.mustRun(['import', '--undo', '--force']);
	assert.equal(readFileSync(path.join(home, '.cursor/mcp.json'), 'utf8'), cursor);
});

test('each bad file gets one line, and the others go on', async (t) => {
	const gate = await startGate(t);
	const home = path.join(gate.dir, 'home');
	write(home, '.cursor/mcp.json', '{\n  "mcpServers": {"a": {"command": "x" "args": []}}}');
	write(home, '.codex/config.toml', '[mcp_servers.a]\ncommand = "x\n');
	write(home, '.gemini/settings.json', '["not", "ours"]');
	write(home, '.codeium/windsurf/mcp_config.json', `{"mcpServers": {}, "x": "${'a'.repeat(17 << 20)}"}`);
	write(home, '.continue/config.yaml', 'a: &b c\n');
	write(home, '.config/zed/settings.json', '{"context_servers": {"good": {"url": "http://127.0.0.1:1/mcp"}}}');
	mkdirSync(path.join(home, '.config/Code/User'), { recursive: true });
	symlinkSync('mcp.json', path.join(home, '.config/Code/User/mcp.json'));
	writeFileSync(path.join(home, '.claude.json'), Buffer.from('{"mcpServers": {}, "x": "\xff"}', 'latin1'));
	const r = await gate.command(['import', '--home', home, '--yes']);
	assert.equal(r.code, 1);
	const lines = r.err.trim().split('\n').filter((l) => l.includes('is left as it is'));
	assert.equal(lines.length, 7, r.err);
	for (const said of [/mcp\.json' \(Cursor\) is left as it is: line 2, column 39: a comma/, /config\.toml' \(Codex\) .*line 2, column 11: a string/, /\(Gemini CLI\) .*it holds no object/,
	                    /\(Windsurf\) .*is longer than 16777216 bytes/, /\(Continue\) .*line 1, column 4: anchors/, /\(VS Code\) .*its links lead in a circle/, /\(Claude Code\) .*not UTF-8/])
		assert.ok(lines.some((l) => said.test(l)), `${said}\n${r.err}`);
	assert.match(readFileSync(path.join(home, '.config/zed/settings.json'), 'utf8'), /mcp\/good/);
});

test('one file, one grant, a policy that is there, and wrong words', async (t) => {
	const gate = await startGate(t);
	const dir = testDir(t);
	await gate.applyPolicy('open', { version: '1', default: 'allow' });
	write(dir, 'mine.json', '{"mcpServers": {"a": {"url": "http://127.0.0.1:1/mcp"}}}');
	const file = path.join(dir, 'mine.json');
	await gate.mustRun(['import', '--file', file, '--client', 'cursor', '--grant', 'me', '--policy', 'open', '--yes']);
	const [grant] = await gate.json(['grant', 'list']);
	assert.equal(grant.label, 'me');
	assert.deepEqual(grant.servers, [{ server: 'a', policy: 'open' }]);
	const expect = async (args, code, said) => {
		const r = await gate.command(['import', ...args]);
		assert.equal(r.code, code, r.out + r.err);
		assert.match(r.err, said);
	};
	await expect(['--file', file], 2, /say whose/);
	await expect(['--client', 'emacs'], 2, /is none of claude-desktop/);
	await expect(['--yes', '--dry-run'], 2, /either --dry-run or --yes/);
	await expect(['--home', path.join(dir, 'none')], 2, /there is no folder/);
	await expect(['--undo', '../../x'], 2, /is not the id of an import/);
	write(dir, 'other.json', '{"mcpServers": {"b": {"url": "http://127.0.0.1:1/other"}}}');
	await expect(['--file', path.join(dir, 'other.json'), '--client', 'cursor', '--grant', 'me', '--yes'], 2, /GATEHOUSE_TOKEN/);
	await expect(['--file', path.join(dir, 'other.json'), '--client', 'cursor', '--policy', 'nothing', '--yes'], 2, /neither 'recommended' nor a policy/);
	assert.deepEqual((await gate.json(['server', 'list'])).map((s) => s.name), ['a'], 'what is refused leaves nothing behind');
	const told = await gate.json(['import', '--file', path.join(dir, 'other.json'), '--client', 'cursor']);
	assert.equal(told.written, false);
	assert.equal(told.files[0].servers[0].behind, 'b');
	assert.match((await gate.mustRun(['import', '--discard-backups'])).out, /removed '.*gatehouse-backup'/);
	assert.equal((await gate.command(['import', '--undo'])).code, 1);
});
