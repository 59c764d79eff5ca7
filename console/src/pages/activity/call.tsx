// One call, whole, as a page and beside the list: what was asked, which rule decided, how it ended.
import { useState } from 'preact/hooks';
import { api, seg } from '../../app/api';
import { useDraft } from '../../app/drafts';
import type { Explanation } from '../../app/types';
import { useAction } from '../../app/use';
import { Badge, Button, Code, Copy, Decision, Form, JsonView, KeyValues, Note, Problem, Section, TextArea, Time, duration } from '../../ui';
import { bytesText, decisionLabel, decisionWord, grantOf, outcomeHelp, outcomeLabel, redactionsText, type CallRecord } from './record';

export const OUTCOME_TONE: Record<string, 'good' | 'warn' | 'bad' | 'neutral' | 'info'> = { ok: 'good', tool_error: 'warn', rpc_error: 'warn', upstream_error: 'bad', timeout: 'bad', cancelled: 'neutral', refused: 'neutral', pending: 'info' };

export const policyHref = (r: CallRecord): string =>
	`/policies/${seg(r['policy.name'] ?? '')}?${new URLSearchParams({ ...(r['policy.version'] ? { version: String(r['policy.version']) } : {}), ...(r.pointer ? { at: r.pointer } : {}) })}`;

function Rule({ r }: { r: CallRecord }) {
	const name = r['policy.name'];
	return (
		<KeyValues items={[
			['Decision', <><Decision decision={r.decision} label={decisionWord(r)} /> {r.mode === 'shadow' && <Badge tone="warn" title="The policy was only watching: the call went through">Shadow</Badge>}</>],
			['Message', r.message],
			['Rule', r.rule ? <code class="wrap">{name ? <a href={policyHref(r)}>{r.rule}</a> : r.rule}</code> : r.decision === 'allow' ? 'No rule was against it' : undefined],
			['Policy', name && <><a href={policyHref(r)}>{name}</a>{r['policy.version'] !== undefined && <span class="muted"> version {r['policy.version']}</span>}</>],
			['Approval', r.approval && <a href={`/approvals/${seg(r.approval)}`}>Who was asked, and what they said</a>],
			['Labels of its session', r['session.labels'] && r['session.labels'].split(' ').map((l) => <Badge key={l}>{l.replaceAll('_', ' ')}</Badge>)],
		]} />
	);
}

function Ending({ r }: { r: CallRecord }) {
	return (
		<KeyValues items={[
			['Outcome', r.outcome && <><Badge tone={OUTCOME_TONE[r.outcome] ?? 'neutral'}>{outcomeLabel(r.outcome)}</Badge> <span class="muted">{outcomeHelp(r.outcome)}</span></>],
			['Took', !!r.duration_us && <>{duration(r.duration_us)}{r.upstream_us !== undefined && <span class="muted"> · {duration(r.upstream_us)} of it at the server, {duration(Math.max(0, r.duration_us - r.upstream_us))} at the gate</span>}</>],
			['Answer', r.result_bytes !== undefined && r.outcome !== 'refused' && bytesText(r.result_bytes)],
			['HTTP status of the server', r['http.response.status_code']],
			['Taken out of the answer', redactionsText(r)],
			['Orders to the model', r.injection && `The answer looked like some: ${r.injection}`],
		]} />
	);
}

function Asker({ r }: { r: CallRecord }) {
	return (
		<KeyValues items={[
			['When', <Time at={r.time} as="exact" />],
			['Tool', r['gen_ai.tool.name'] && <a href={`/tools/${seg(r.server ?? '')}/${seg(r['gen_ai.tool.name'])}`}><code>{r['gen_ai.tool.name']}</code></a>],
			['Resource', r['mcp.resource.uri'] && <code class="wrap">{r['mcp.resource.uri']}</code>],
			['Prompt', r['gen_ai.prompt.name']],
			['Server', r.server && <a href={`/servers/${seg(r.server)}`}>{r.server}</a>],
			['Method', <code>{r['mcp.method.name']}</code>],
			['Names of the arguments', r.argument_keys?.length ? <span>{r.argument_keys.map((k) => <code key={k} class="key">{k}</code>)} <span class="muted">Values are never recorded.</span></span> : undefined],
			['Grant', r['grant.id'] && <a href={`/grants/${seg(r['grant.id'])}`}>{grantOf(r)}</a>],
			['Works for', r['user.id']],
			['Client', r['client.name'] && <>{r['client.name']} {r['client.version']} <span class="muted">as it says itself</span></>],
			['Address', r['client.address']],
			['Session', r.session && <><code>{r.session}</code> <a href={`/activity?q=${encodeURIComponent(r.session)}`}>all its calls</a></>],
			['Id of the request', r['jsonrpc.request.id'] !== undefined && <code>{String(r['jsonrpc.request.id'])}</code>],
			['Trace', r.trace_id && <code class="wrap">{r.trace_id}</code>],
			['Record', <><code class="wrap">{r.id}</code> <Copy text={r.id} /></>],
		]} />
	);
}

// The same call against the policy as it is now. Values were not kept: whoever asks fills them in.
function Explain({ r }: { r: CallRecord }) {
	const first = JSON.stringify(Object.fromEntries((r.argument_keys ?? []).map((k) => [k, ''])), null, 2);
	const [text, setText] = useDraft(`explain:${r.id}`, first);
	const [problem, setProblem] = useState<string>();
	const ask = useAction(async (args: unknown) => api.post<Explanation>('/policies/explain', { policy: r['policy.name'], server: r.server, tool: r['gen_ai.tool.name'], arguments: args, ...(r['grant.id'] ? { grant: r['grant.id'] } : {}) }));
	const [answer, setAnswer] = useState<Explanation>();
	const go = async () => {
		setProblem(undefined);
		let args: unknown;
		try {
			args = JSON.parse(text || '{}');
		} catch (e) {
			setProblem(`This is not JSON: ${e instanceof Error ? e.message : String(e)}`);
			return;
		}
		setAnswer(await ask.run(args));
	};
	return (
		<Form onSubmit={() => void go()}>
			<TextArea label="Arguments" isMono rows={Math.min(10, text.split('\n').length + 1)} value={text} onInput={setText} error={problem ?? ask.error?.at('/arguments')} hint="Only their names were recorded. Fill in values to see what the policy says today; nothing is called." />
			<div class="form-actions"><Button type="submit" isBusy={ask.isBusy} icon="policy">Explain with today’s policy</Button></div>
			{ask.error && <Problem error={ask.error} />}
			{answer && (
				<div class="stack-small" role="status">
					<p><Decision decision={answer.decision} label={decisionLabel(answer.decision)} /> {answer.rule && <code>{answer.rule}</code>} {answer.message}</p>
					{answer.steps && answer.steps.length > 0 && <JsonView value={answer.steps} open={2} />}
				</div>)}
		</Form>
	);
}

export function Call({ r, isPage }: { r: CallRecord; isPage?: boolean }) {
	const canExplain = !!r['policy.name'] && !!r['gen_ai.tool.name'];
	const parts: [string, preact.ComponentChildren][] = [['Decision', <Rule r={r} />], ['Outcome', <Ending r={r} />], ['Call', <Asker r={r} />]];
	if (canExplain)
		parts.push(['Would it pass today?', <Explain r={r} />]);
	parts.push(['Record as JSON', <details><summary>Show</summary><Code text={JSON.stringify(r, null, 2)} label="The record as JSON" /></details>]);
	return (
		<div class={isPage ? 'stack' : 'call-parts'}>
			{r.outcome === 'pending' && r.decision === 'allow' && <Note>The server has not answered yet.</Note>}
			{parts.map(([title, part]) => <Section key={title} title={title} isPlain={!isPage}>{part}</Section>)}
		</div>
	);
}
