// The official suite: what it requires, how it is run, and what it found.
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parse } from 'yaml';
import { run } from '../flow/lib/process.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const PACKAGE = path.join(HERE, 'node_modules/@modelcontextprotocol/conformance');
const PROGRAM = path.join(PACKAGE, 'dist/index.js');
const EXPECTED_FAILURES = path.join(HERE, 'expected-failures.yml');
const AUTHORIZE = pathToFileURL(path.join(HERE, 'authorize.mjs')).href;
const LOOPBACK = path.join(HERE, 'loopback.cjs');
const MINUTES = 60000;

export const VERSIONS = ['2025-11-25', '2026-07-28'];

// { scored: names, unscored: names } of one leg, 'server' or 'client', in the suite's order.
export function requirements(version, leg) {
	const set = parse(readFileSync(path.join(PACKAGE, `requirements/${version}.yaml`), 'utf8'));
	return { scored: set[leg], unscored: set.not_scored.filter((s) => s.leg === leg).map((s) => s.scenario) };
}

// Runs the server leg against url; answers its scenarios. With a token, requests to that
// address carry it.
export async function testServer(version, url, out, token) {
	await runServer(url, ['--requirements', version], out, token);
	const { scored, unscored } = requirements(version, 'server');
	const found = readChecks(out);
	return [...scored, ...unscored].map((name) => judge(name, scored.includes(name), found.get(`server-${name}`)));
}

// One scenario of it by itself: the suite gives some answers half a second, which they may not
// have had beside others.
export async function testServerAgain(version, scenario, url, out, token) {
	await runServer(url, ['--scenario', scenario.name, '--spec-version', version, '--force'], out, token);
	return judge(scenario.name, scenario.isScored, readChecks(out).get(`server-${scenario.name}`));
}

function runServer(url, more, out, token) {
	const env = token ? { ...process.env, GATE_ADDRESS: new URL(url).origin, GATE_TOKEN: token } : process.env;
	return start([...(token ? ['--import', AUTHORIZE] : []), PROGRAM, 'server', '--url', url, ...more], out, env);
}

// Runs one scenario of the client leg with a command, which gets the address of the suite's
// server as its last word.
export async function testClient(version, name, command, out) {
	const argv = ['--require', LOOPBACK, PROGRAM, 'client', '--command', command, '--scenario', name, '--spec-version', version];
	const r = await start(argv, out, process.env);
	const s = judge(name, requirements(version, 'client').scored.includes(name), readChecks(out).get(name));
	if (s.isGood && r.code !== 0)
		return { ...s, isGood: false, bad: [{ id: 'client', errorMessage: r.err.slice(0, 4000) }] };
	return s;
}

function start(argv, out, env) {
	mkdirSync(out, { recursive: true });
	return run([process.execPath, ...argv, '--expected-failures', EXPECTED_FAILURES, '-o', out], { env, ms: 10 * MINUTES });
}

// What the suite wrote: a folder for each scenario, "NAME-TIME/checks.json".
function readChecks(out) {
	const files = readdirSync(out, { recursive: true }).map(String).filter((f) => path.basename(f) === 'checks.json');
	return new Map(files.map((f) => [path.dirname(f).replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, ''), JSON.parse(readFileSync(path.join(out, f), 'utf8'))]));
}

// As the suite judges with a list of expected failures: a warning is a failure. What was not
// tested at all has not passed.
function judge(name, isScored, checks = []) {
	const bad = checks.filter((c) => c.status === 'FAILURE' || c.status === 'WARNING');
	const passed = checks.filter((c) => c.status === 'SUCCESS').length;
	return { name, isScored, bad, passed, failed: bad.length, isGood: passed > 0 && bad.length === 0 };
}
