// A record of a call as GET /records and the event `record` give it, and what the page says of it.

export type Decision = 'allow' | 'deny' | 'approve';
export type Outcome = 'pending' | 'ok' | 'tool_error' | 'rpc_error' | 'upstream_error' | 'timeout' | 'cancelled' | 'refused';

export interface CallRecord {
	id: string;
	time: string;
	'grant.id'?: string;
	'grant.label'?: string;
	'user.id'?: string;
	session?: string;
	server?: string;
	'mcp.method.name'?: string;
	'gen_ai.tool.name'?: string;
	'mcp.resource.uri'?: string;
	'gen_ai.prompt.name'?: string;
	argument_keys?: string[];
	decision?: Decision;
	rule?: string;
	pointer?: string;
	message?: string;
	'session.labels'?: string;
	mode?: string;
	approval?: string;
	'policy.name'?: string;
	'policy.version'?: number;
	'client.name'?: string;
	'client.version'?: string;
	'client.address'?: string;
	'jsonrpc.request.id'?: string | number;
	trace_id?: string;
	outcome?: Outcome;
	'http.response.status_code'?: number;
	duration_us?: number;
	upstream_us?: number;
	result_bytes?: number;
	redactions?: string;
	injection?: string;
}

export const DECISIONS: readonly { value: Decision; label: string }[] = [
	{ value: 'allow', label: 'Allowed' },
	{ value: 'deny', label: 'Refused' },
	{ value: 'approve', label: 'Asked' },
];

export const OUTCOMES: readonly { value: Outcome; label: string; help: string }[] = [
	{ value: 'ok', label: 'OK', help: 'The server answered with a result.' },
	{ value: 'tool_error', label: 'Tool error', help: 'The tool answered that it failed.' },
	{ value: 'rpc_error', label: 'Protocol error', help: 'The server answered with a JSON-RPC error.' },
	{ value: 'upstream_error', label: 'Server unreachable', help: 'The server was not reached, broke off, or refused the gate.' },
	{ value: 'timeout', label: 'Timed out', help: 'No answer came in time. The call may have run.' },
	{ value: 'cancelled', label: 'Cancelled', help: 'The client took the call back or went away.' },
	{ value: 'refused', label: 'Not forwarded', help: 'The gate refused it. The server never heard of it.' },
	{ value: 'pending', label: 'Running', help: 'There is no outcome yet, or the gate ended before there was one. The call may have run.' },
];

export const decisionLabel = (d: string | undefined): string => DECISIONS.find((x) => x.value === d)?.label ?? d ?? '';
export const outcomeLabel = (o: string | undefined): string => OUTCOMES.find((x) => x.value === o)?.label ?? o ?? '';
export const outcomeHelp = (o: string | undefined): string => OUTCOMES.find((x) => x.value === o)?.help ?? '';

// What was asked for: the tool, resource or prompt; else the method says it all.
export function targetOf(r: CallRecord): string {
	return r['gen_ai.tool.name'] ?? r['mcp.resource.uri'] ?? r['gen_ai.prompt.name'] ?? r['mcp.method.name'] ?? '';
}

export function grantOf(r: CallRecord): string {
	return r['grant.label'] || (r['grant.id'] ?? '').slice(0, 8);
}

export function bytesText(n: number | undefined): string {
	if (n === undefined)
		return '';
	if (n < 1024)
		return `${n} bytes`;
	if (n < 1024 * 1024)
		return `${(n / 1024).toFixed(n < 10 * 1024 ? 1 : 0)} KiB`;
	return `${(n / 1024 / 1024).toFixed(1)} MiB`;
}

// "email=2 secret=1": what was taken out of the answer, for people.
export function redactionsText(r: CallRecord): string {
	return (r.redactions ?? '').split(' ').filter(Boolean).map((part) => {
		const [name, n] = part.split('=');
		return `${n} × ${(name ?? '').replaceAll('_', ' ')}`;
	}).join(', ');
}

// Asking for an approval and voting on it are records of their own.
export function decisionWord(r: CallRecord): string {
	if (r['mcp.method.name'] === 'approvals/vote')
		return r.decision === 'allow' ? 'Said yes' : 'Said no';
	return r['mcp.method.name'] === 'approvals/ask' ? 'Waits' : decisionLabel(r.decision);
}
