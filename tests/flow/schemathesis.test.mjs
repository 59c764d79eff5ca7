// Schemathesis (PyPI) reads docs/openapi.yaml and asks the running program for everything in it, with good values and bad
// ones: no answer may be a server's error, or one that the document does not have.
import assert from 'node:assert/strict';
import path from 'node:path';
import test from 'node:test';
import { writeFileSync } from 'node:fs';
import { ROOT, startGate } from './lib/gate.mjs';
import { fromPypi } from './lib/pypi.mjs';
import { run } from './lib/process.mjs';
import { commandOfEverything } from './lib/servers.mjs';

// What would end the run: the session that asks, streams that never end, and what starts programs of any name; and
// what answers 502 for a server that is down, which Schemathesis takes for an error of ours.
const OUT = ['/api/v1/events', '/api/v1/session', '/api/v1/servers/try', '/api/v1/reload', '/api/v1/import',
	'/api/v1/catalog/servers/{server}/refresh'];
// These can take the asker's own account or token away; they are tried by hand (roles.test.mjs, people).
const ENDS = ['deleteToken', 'deleteUser', 'changeUser', 'endSessions'];
const CHECKS = 'not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance,unsupported_method,allow_header_conformance';

test('no question that Schemathesis makes up gets an answer that docs/openapi.yaml does not have', async (t) => {
	const found = await fromPypi('schemathesis');
	if (found.why)
		return t.skip(found.why);
	const gate = await startGate(t);
	await gate.mustRun(['user', 'add', 'prober', '--role', 'admin']);
	const { secret } = JSON.parse((await gate.mustRun(['token', 'add', 'probe', '--user', 'prober', '--json'])).out);
	// What the examples of the document name.
	const policy = path.join(gate.dir, 'files.json');
	writeFileSync(policy, JSON.stringify({ version: '1', default: 'deny', tools: { echo: {} } }));
	await gate.mustRun(['server', 'add', 'files', '--', ...commandOfEverything()]);
	await gate.mustRun(['policy', 'apply', 'files', policy]);
	await gate.mustRun(['grant', 'add', 'laptop', '--server', 'files=files']);
	const settings = path.join(gate.dir, 'schemathesis.toml');
	writeFileSync(settings, `continue-on-failure = true\n[generation]\nmax-examples = ${process.env.SCHEMATHESIS_EXAMPLES ?? 8}\ndeterministic = true\n`);
	const r = await run([path.join(found.bin, 'schemathesis'), '--no-color', '--config-file', settings, 'run', path.join(ROOT, 'docs/openapi.yaml'),
		'--url', `http://127.0.0.1:${gate.port}`, '--header', `Authorization: Bearer ${secret}`, '--checks', CHECKS,
		'--phases', 'examples,coverage,fuzzing', '--suppress-health-check', 'all',
		...OUT.flatMap((p) => ['--exclude-path', p]), ...ENDS.flatMap((id) => ['--exclude-operation-id', id])],
	{ ms: 10 * 60000, cwd: gate.dir, env: { ...gate.env, PATH: process.env.PATH } });
	assert.equal(r.code, 0, r.out.slice(-12000) + r.err.slice(-2000));
	return undefined;
});
