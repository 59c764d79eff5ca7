// The client of the client leg: the official SDK, doing what each scenario of the suite asks
// of a client. `client.mjs URL`, with the scenario's name, revision and context in the
// environment as the suite puts them there, and with GATE_TOKEN when a gate is at the URL.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const { MCP_CONFORMANCE_SCENARIO: scenario, MCP_CONFORMANCE_PROTOCOL_VERSION: version, GATE_TOKEN: token } = process.env;
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}');

async function connect(url, onQuestion = () => ({ action: 'accept', content: {} })) {
	const client = new Client({ name: 'gatehouse-conformance-client', version: '1.0.0' }, {
		capabilities: { elicitation: { form: { applyDefaults: true } }, sampling: {}, roots: { listChanged: true } },
		versionNegotiation: { mode: version === '2026-07-28' ? 'auto' : 'legacy' },
	});
	client.setRequestHandler('elicitation/create', onQuestion);
	client.setRequestHandler('roots/list', () => ({ roots: [] }));
	const headers = token ? { authorization: `Bearer ${token}` } : {};
	await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
	return client;
}

// Something that the tool's schema takes.
function argumentsOf(tool) {
	const values = { string: 'a', integer: 1, number: 1.5, boolean: true, object: {}, array: ['a'], null: null };
	const properties = Object.entries(tool.inputSchema.properties ?? {});
	return Object.fromEntries(properties.map(([name, p]) => [name, values[p.type]]));
}

const SCENARIOS = {
	async initialize(client) {
		await client.listTools();
	},
	async tools_call(client) {
		await client.listTools();
		await client.callTool({ name: 'add_numbers', arguments: { a: 5, b: 3 } });
	},
	async 'elicitation-sep1034-client-defaults'(client) {
		await client.listTools();
		await client.callTool({ name: 'test_client_elicitation_defaults', arguments: {} });
	},
	async 'sse-retry'(client) {
		await client.listTools();
		await client.callTool({ name: 'test_reconnection', arguments: {} });
	},
	async 'request-metadata'(client) {
		await client.listTools();
	},
	async 'http-standard-headers'(client) {
		for (const { name } of (await client.listTools()).tools)
			await client.callTool({ name, arguments: {} });
		for (const { uri } of (await client.listResources()).resources)
			await client.readResource({ uri });
		for (const { name } of (await client.listPrompts()).prompts)
			await client.getPrompt({ name });
	},
	async 'http-custom-headers'(client) {
		await client.listTools();
		for (const call of context.toolCalls)
			await client.callTool(call);
	},
	async 'http-invalid-tool-headers'(client) {
		for (const tool of (await client.listTools()).tools)
			await client.callTool({ name: tool.name, arguments: argumentsOf(tool) });
	},
	async 'json-schema-ref-no-deref'(client) {
		await client.listTools();
	},
	async 'json-schema-2020-12-preservation'(client) {
		const { tools } = await client.listTools();
		const { inputSchema } = tools.find((x) => x.name === 'json_schema_2020_12_tool');
		await client.callTool({ name: 'json_schema_echo', arguments: { schema: inputSchema } });
	},
};

// Another tool is called while one waits for its answer from the user.
async function askInBetween(url) {
	const client = await connect(url, async () => {
		await client.callTool({ name: 'test_mrtr_unrelated', arguments: {} });
		return { action: 'accept', content: { confirmed: true } };
	});
	await client.listTools();
	for (const name of ['test_mrtr_echo_state', 'test_mrtr_no_state', 'test_mrtr_no_result_type'])
		await client.callTool({ name, arguments: {} });
	return client;
}

const url = process.argv.at(-1);
let client;
if (scenario === 'sep-2322-client-request-state') {
	client = await askInBetween(url);
} else {
	client = await connect(url);
	await SCENARIOS[scenario](client);
}
await client.close();
