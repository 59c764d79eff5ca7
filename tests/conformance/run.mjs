// `make conformance`: the official suite against a fixture server of our own, direct and
// through the gate, side by side; and with the official client, direct and through the gate.
// Writes build/conformance.json. Exit code 1 when a scored scenario fails through the gate,
// or any that passes direct.
//   usage: run.mjs [2025-11-25|2026-07-28|server|client|--verbose]...
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ROOT, startGate } from '../flow/lib/gate.mjs';
import { Process } from '../flow/lib/process.mjs';
import { EVERYTHING } from './policy.mjs';
import { VERSIONS, requirements, testClient, testServer } from './suite.mjs';

const HERE = import.meta.dirname;
const NO_GATE = 'needs the OAuth of its server: a gate is the resource server of its clients itself';
const endings = [];
const later = { after: (fn) => endings.push(fn) };
const words = new Set(process.argv.slice(2));
const isVerbose = words.delete('--verbose');
const wanted = (word, others) => words.size === 0 || words.has(word) || others.every((w) => !words.has(w));

function say(text) {
	process.stdout.write(`${text}\n`);
}

async function startFixture() {
	const fixture = new Process([process.execPath, path.join(HERE, 'server.mjs')], { name: 'fixture server' });
	endings.push(() => fixture.stop());
	const port = Number((await fixture.line(/^port \d+$/)).slice(5));
	return `http://127.0.0.1:${port}/mcp`;
}

function word(s) {
	return s ? `${s.isGood ? 'pass' : 'FAIL'} ${s.passed}/${s.passed + s.failed}` : '-';
}

// One line a scenario; answers those that are good direct and not through the gate, or scored and not good.
function compare(title, direct, gate) {
	say(`\n${title.padEnd(50)}${'direct'.padEnd(14)}gate`);
	const wrong = [];
	for (const [i, d] of direct.entries()) {
		const g = gate[i];
		say(`  ${d.name.padEnd(48)}${word(d).padEnd(14)}${word(g)}${d.isScored ? '' : '  (not scored)'}`);
		if (!g.isGood && (d.isScored || d.isGood))
			wrong.push(g);
		if (d.isScored && !d.isGood)
			say(`    direct: ${d.bad.map((c) => `${c.id}: ${c.errorMessage}`).join('\n    ')}`);
	}
	for (const g of wrong)
		for (const c of g.bad.length > 0 ? g.bad : [{ id: 'nothing', errorMessage: 'the suite tested nothing' }])
			say(`  ${g.name}: ${c.id}: ${c.errorMessage ?? c.description}${isVerbose ? `\n    ${JSON.stringify(c.details)}` : ''}`);
	return wrong.map((g) => g.name);
}

function score(scenarios) {
	const scored = scenarios.filter((s) => s.isScored);
	return { passed: scored.filter((s) => s.isGood).length, total: scored.length };
}

function checksOf(scenarios) {
	return Object.fromEntries(scenarios.map((s) => [s.name, { passed: s.passed, failed: s.failed }]));
}

async function testServers(report, dir) {
	const wrong = [];
	const url = await startFixture();
	const gate = await startGate(later, { servers: { fixture: url }, policies: { everything: EVERYTHING }, rights: { fixture: 'everything' } });
	for (const version of VERSIONS.filter((v) => wanted(v, VERSIONS))) {
		const direct = await testServer(version, url, path.join(dir, 'direct', version));
		const through = await testServer(version, gate.url('fixture'), path.join(dir, 'gate', version), gate.token);
		wrong.push(...compare(`server ${version}`, direct.scenarios, through.scenarios).map((name) => `${version} ${name}`));
		if (direct.code !== 0 || (through.code !== 0 && wrong.length === 0))
			wrong.push(`${version}: the suite ended with ${direct.code} direct and ${through.code} through the gate`);
		for (const [name, r] of [['direct', direct], ['gate', through]]) {
			report[name][version] = score(r.scenarios);
			report.checks[name][version] = checksOf(r.scenarios);
		}
		const [d, g] = [report.direct[version], report.gate[version]];
		say(`  ${'scored'.padEnd(48)}${`${d.passed}/${d.total}`.padEnd(14)}${g.passed}/${g.total}`);
	}
	return wrong;
}

// Scenarios one after the other, two at a time: each has its own server, gate and folder.
async function testClientsWith(program, version, names, dir) {
	const command = [process.execPath, path.join(HERE, program)].map((w) => JSON.stringify(w)).join(' ');
	const results = new Map();
	const queue = [...names];
	const work = async () => {
		for (let name = queue.shift(); name !== undefined; name = queue.shift())
			results.set(name, await testClient(version, name, command, path.join(dir, name)));
	};
	await Promise.all([work(), work()]);
	return names.map((name) => results.get(name));
}

async function testClients(report, dir) {
	const wrong = [];
	for (const version of VERSIONS.filter((v) => wanted(v, VERSIONS))) {
		const { scored, unscored } = requirements(version, 'client');
		const all = [...scored, ...unscored];
		const names = all.filter((name) => !name.startsWith('auth/'));
		const direct = await testClientsWith('client.mjs', version, names, path.join(dir, 'client', version));
		const through = await testClientsWith('through.mjs', version, names, path.join(dir, 'client-gate', version));
		wrong.push(...compare(`client ${version}`, direct, through).map((name) => `${version} client ${name}`));
		say(`  ${`auth/* (${all.length - names.length})`.padEnd(48)}not applicable: ${NO_GATE}`);
		report.client.direct[version] = score(direct);
		report.client.gate[version] = score(through);
		report.client.notApplicable[version] = { scenarios: all.filter((name) => name.startsWith('auth/')), why: NO_GATE };
	}
	return wrong;
}

async function end() {
	let good = true;
	while (endings.length > 0)
		await Promise.resolve().then(endings.pop()).catch((e) => { good = false; say(String(e)); });
	return good;
}

async function main() {
	const dir = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-conformance-'));
	if (isVerbose)
		say(`results of the suite: ${dir}`);
	else
		endings.push(() => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));
	const report = { gate: {}, direct: {}, checks: { gate: {}, direct: {} }, client: { gate: {}, direct: {}, notApplicable: {} } };
	const wrong = [];
	try {
		if (wanted('server', ['server', 'client']))
			wrong.push(...await testServers(report, dir));
		if (wanted('client', ['server', 'client']))
			wrong.push(...await testClients(report, dir));
	} finally {
		if (!await end())
			wrong.push('ending');
	}
	mkdirSync(path.join(ROOT, 'build'), { recursive: true });
	writeFileSync(path.join(ROOT, 'build/conformance.json'), `${JSON.stringify(report, null, '\t')}\n`);
	say(wrong.length === 0 ? '\nconformance: all as required' : `\nconformance: wrong: ${wrong.join(', ')}`);
	process.exitCode = wrong.length === 0 ? 0 : 1;
}

await main();
