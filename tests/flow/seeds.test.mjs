// The policy of the example page, byte for byte, in front of the servers it was written
// for. AWS is played by moto on the loopback address.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import test from 'node:test';
import { atEnd } from './lib/ending.mjs';
import { ROOT, environment, startGate, testDir } from './lib/gate.mjs';
import { startRecorder } from './lib/recorder.mjs';
import { connectHttp, connectStdio, textOf } from './lib/client.mjs';
import { Process, freePort } from './lib/process.mjs';
import { fromPypi } from './lib/pypi.mjs';
import { until } from './lib/wait.mjs';

const POLICY = readFileSync(path.join(ROOT, 'tests/cases/seeds/policy.json'), 'utf8');
const RULE = '/tools/CloneContainerToECR/limits/clonecontainertoecr_rate';
const MINUTE = 60000;

// Eleven calls have to fall into one minute of UTC.
async function freshMinute(seconds) {
	const left = () => MINUTE - (Date.now() % MINUTE);
	if (left() >= seconds * 1000)
		return;
	const now = Math.floor(Date.now() / MINUTE);
	await until('the next minute begins', () => Math.floor(Date.now() / MINUTE) > now, MINUTE);
}

// Ten calls pass, the eleventh does not and says when the next can.
async function checkLimit(gate, client, args) {
	for (let i = 1; i <= 10; i++) {
		const r = await client.callTool({ name: 'CloneContainerToECR', arguments: args(i) });
		assert.ok(!r.isError, `call ${i}: ${textOf(r)}`);
	}
	const eleventh = await client.callTool({ name: 'CloneContainerToECR', arguments: args(11) });
	const left = Math.ceil((MINUTE - (Date.now() % MINUTE)) / 1000);
	assert.equal(eleventh.isError, true);
	assert.match(textOf(eleventh), /^\[POLICY DENIED\] /);
	const said = eleventh._meta['io.gatehouse/decision'];
	assert.equal(said.rule, RULE);
	assert.ok(said.retryAfterSeconds >= left && said.retryAfterSeconds <= left + 2, `${said.retryAfterSeconds} s, and ${left} s are left of the minute`);
	assert.match(textOf(eleventh), new RegExp(`\\b${said.retryAfterSeconds}\\b`), 'the text names the seconds, too');
	const all = await gate.recordsWhen((r) => r.some((x) => x.rule === RULE), 'the refusal is recorded');
	const refusals = all.filter((x) => x.rule === RULE);
	assert.equal(refusals.length, 1);
	assert.equal(refusals[0].tool, 'CloneContainerToECR');
	assert.equal(refusals[0].id, said.decisionId, 'the answer names its record');
	assert.equal(all.filter((x) => x.tool === 'CloneContainerToECR' && x.rule === '').length, 10);
}

async function checkOthers(client, others) {
	assert.deepEqual((await client.listTools()).tools.map((x) => x.name), ['CloneContainerToECR']);
	for (const name of others) {
		const r = await client.callTool({ name, arguments: {} }).catch((e) => ({ isError: true, content: [{ type: 'text', text: `[POLICY DENIED] ${e.message}` }] }));
		assert.equal(r.isError, true, `${name} is refused`);
		assert.match(textOf(r), /^\[POLICY DENIED\] /);
	}
}

async function startMoto(t) {
	const { bin, why } = await fromPypi('moto');
	if (why)
		return { why };
	const port = await freePort();
	const p = new Process([path.join(bin, 'moto_server'), '-H', '127.0.0.1', '-p', String(port)], { name: 'moto' });
	atEnd(t, () => p.stop());
	await p.line(/Running on/, MINUTE);
	return { url: `http://127.0.0.1:${port}`, port };
}

function awsEnvironment(dir, url) {
	return environment(dir, { AWS_ENDPOINT_URL: url, AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'test',
		AWS_SECRET_ACCESS_KEY: 'test', AWS_EC2_METADATA_DISABLED: 'true', AWS_MAX_ATTEMPTS: '1', NO_PROXY: '*' });
}

// What the player of AWS has really been asked to make.
function repositories(port) {
	return new Promise((resolve, reject) => {
		const req = http.request({ port, host: '127.0.0.1', method: 'POST', headers: { 'content-type': 'application/x-amz-json-1.1',
			'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.DescribeRepositories',
			authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ecr/aws4_request, SignedHeaders=host, Signature=0' } }, (res) => {
			let text = '';
			res.on('data', (d) => { text += d; });
			res.on('end', () => resolve(JSON.parse(text).repositories.map((r) => r.repositoryName).sort()));
		});
		req.on('error', reject);
		req.end('{}');
	});
}

test('the policy of the page in front of awslabs.aws-healthomics-mcp-server', async (t) => {
	const { bin, why } = await fromPypi('healthomics');
	if (why)
		return t.skip(why);
	const moto = await startMoto(t);
	if (moto.why)
		return t.skip(moto.why);
	const dir = testDir(t);
	const env = awsEnvironment(dir, moto.url);
	const command = ['/usr/bin/env', '-i', ...Object.entries(env).map(([k, v]) => `${k}=${v}`), path.join(bin, 'awslabs.aws-healthomics-mcp-server')];
	const direct = await connectStdio(t, command, { cwd: dir });
	const offered = (await direct.listTools()).tools;
	assert.ok(offered.some((x) => x.name === 'CloneContainerToECR'), 'the server really offers the tool');
	const gate = await startGate(t, { servers: { healthomics: command }, policies: { seed: POLICY }, rights: { healthomics: 'seed' } });
	const client = await connectHttp(t, gate.url('healthomics'), gate.token);
	await checkOthers(client, offered.map((x) => x.name).filter((n) => n !== 'CloneContainerToECR'));
	assert.deepEqual(await repositories(moto.port), []);
	await freshMinute(25);
	await checkLimit(gate, client, (i) => ({ source_image: `quay.io/example/image${String(i).padStart(2, '0')}:v1` }));
	const made = Array.from({ length: 10 }, (_, i) => `example-image${String(i + 1).padStart(2, '0')}`);
	assert.deepEqual(await repositories(moto.port), made, 'ten calls reached AWS, and only ten');
});

test('the policy of the page in front of a server of our own, on HTTP and stdio', async (t) => {
	const tools = ['CloneContainerToECR', 'ListECRRepositories', 'DeleteEverything'].map((name) =>
		({ name, inputSchema: { type: 'object', properties: { source_image: { type: 'string' } } } }));
	for (const transport of ['http', 'stdio']) {
		const recorder = await startRecorder(t, transport, { tools });
		const gate = await startGate(t, { servers: { own: recorder.where }, policies: { seed: POLICY }, rights: { own: 'seed' } });
		const client = await connectHttp(t, gate.url('own'), gate.token);
		await checkOthers(client, ['ListECRRepositories', 'DeleteEverything', 'clonecontainertoecr', 'Nothing']);
		await freshMinute(10);
		await checkLimit(gate, client, (i) => ({ source_image: `image:${i}` }));
		assert.equal(recorder.calls().length, 10);
		const second = await gate.grant('second', { own: 'seed' });
		const other = await connectHttp(t, gate.url('own'), second);
		const r = await other.callTool({ name: 'CloneContainerToECR', arguments: { source_image: 'x' } });
		assert.ok(!r.isError, 'the limit counts for each grant by itself');
	}
});

const OTHERS = [
	{ name: 'cloudwatch', program: 'awslabs.cloudwatch-applicationsignals-mcp-server', allowed: 'get_enablement_guide', refused: 'list_canaries', hidden: 'delete_instrumentation', tools: 20 },
	{ name: 'sitewise', program: 'awslabs.aws-iot-sitewise-mcp-server', allowed: 'convert_unix_timestamp', refused: 'execute_query', hidden: 'describe_gateway', tools: 20 },
];

for (const other of OTHERS)
	test(`${other.program} behind the gate`, async (t) => {
		const { bin, why } = await fromPypi(other.name);
		if (why)
			return t.skip(why);
		const dir = testDir(t);
		mkdirSync(path.join(dir, 'logs'));
		const env = awsEnvironment(dir, 'http://127.0.0.1:9');
		const command = ['/usr/bin/env', '-i', ...Object.entries(env).map(([k, v]) => `${k}=${v}`), path.join(bin, other.program)];
		const policy = { version: '1', default: 'deny', hide: [other.hidden], tools: { [other.allowed]: {}, [other.refused]: { action: 'deny', reason: 'not here' } } };
		const all = { version: '1', default: 'allow' };
		const gate = await startGate(t, { servers: { s: command, s2: command }, policies: { p: policy, all }, rights: { s: 'p', s2: 'all' } });
		const direct = await connectStdio(t, command, { cwd: dir });
		const open = await connectHttp(t, gate.url('s2'), gate.token);
		const offered = (await direct.listTools()).tools;
		assert.ok(offered.length >= other.tools);
		assert.deepEqual((await open.listTools()).tools, offered, 'the list is as the server gives it');
		const client = await connectHttp(t, gate.url('s'), gate.token);
		assert.deepEqual((await client.listTools()).tools.map((x) => x.name).sort(), [other.allowed, other.refused].sort());
		const args = argumentsFor(offered.find((x) => x.name === other.allowed));
		const [a, b] = [await direct.callTool({ name: other.allowed, arguments: args }), await client.callTool({ name: other.allowed, arguments: args })];
		assert.deepEqual(b, a);
		assert.equal(textOf(await client.callTool({ name: other.refused, arguments: {} })), '[POLICY DENIED] not here');
		const hidden = await client.callTool({ name: other.hidden, arguments: {} }).catch(() => ({ isError: true }));
		assert.equal(hidden.isError, true);
	});

// Something that fits the tool's own schema.
function argumentsFor(tool) {
	const example = { string: 'python', number: 1700000000, integer: 1700000000, boolean: true, array: [], object: {} };
	const known = { service_platform: 'lambda', platform: 'lambda', service_language: 'python', language: 'python', iac_directory: '/tmp', app_directory: '/tmp' };
	return Object.fromEntries((tool.inputSchema.required ?? []).map((k) => {
		const s = tool.inputSchema.properties[k];
		return [k, known[k] ?? s.enum?.[0] ?? example[s.type] ?? 'x'];
	}));
}
