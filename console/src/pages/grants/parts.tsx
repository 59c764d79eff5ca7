// What the pages of grants share: the token that is shown once, snippets for clients, servers with their policies.
import { useState } from 'preact/hooks';
import { seg } from '../../app/api';
import { useApi } from '../../app/use';
import type { Binding, Grant, Snippet } from '../../app/types';
import { Badge, Code, Copy, Empty, IconButton, Note, Problem, Select, Skeleton, TabPanel, Tabs } from '../../ui';
import { GRANT_STATE, expiryText, isExpiringSoon, withToken } from './grant';

export function GrantState({ g, now }: { g: Grant; now: number }) {
	if (isExpiringSoon(g, now))
		return <Badge tone="warn" icon="clock">{expiryText(g, now)}</Badge>;
	return <Badge tone={g.state === 'valid' ? 'good' : g.state === 'revoked' ? 'bad' : 'neutral'}>{GRANT_STATE[g.state] ?? g.state}</Badge>;
}

export function TokenOnce({ token, what = 'token' }: { token: string; what?: string }) {
	return (
		<div class="secret">
			<Note tone="warn" title={`Copy the ${what} now`}>It is shown this once and not kept: only a hash of it is. If it is lost, make a new one.</Note>
			<div class="secret-row">
				<input class="input mono" readOnly aria-label={`The ${what}`} value={token} onFocus={(e) => e.currentTarget.select()} autoComplete="off" spellcheck={false} />
				<Copy text={token} label={`Copy the ${what}`} />
			</div>
		</div>
	);
}

// How a client is told of the gate. Without a token its place is left open.
export function Snippets({ id, servers, token = null }: { id: string; servers: string[]; token?: string | null }) {
	const [server, setServer] = useState('');
	const [client, setClient] = useState('');
	const read = useApi<{ snippets: Snippet[] }>(`/grants/${seg(id)}/snippets`, { server });
	if (read.error)
		return <Problem error={read.error} onRetry={read.reload} />;
	if (!read.data)
		return <Skeleton rows={5} />;
	const all = read.data.snippets;
	const at = all.find((s) => s.client === client) ?? all[0];
	if (!at)
		return <Empty title="No snippet yet"><p>Give this grant a server first.</p></Empty>;
	return (
		<div class="stack-small">
			{servers.length > 1 && <Select class="at-start" label="For" value={server} onChange={setServer} options={[{ value: '', label: 'All its servers at one address' }, ...servers]} />}
			<Tabs label="Client" prefix="client" items={all.map((s) => ({ id: s.client, label: s.title }))} value={at.client} onChange={setClient} />
			<TabPanel value={at.client} prefix="client">
				<Code text={withToken(at.text, token)} title={at.file ? <>In <code>{at.file}</code></> : at.language === 'shell' || at.language === 'sh' ? 'In a terminal' : undefined} label={`For ${at.title}`} />
				{!token && at.text.includes('$TOKEN') && <p class="field-hint">Put the token in place of <code>$TOKEN</code>. Where it is lost, rotate the grant.</p>}
			</TabPanel>
		</div>
	);
}

export interface Names { servers: string[]; policies: string[] }

export function useNames(): Names & { isLoading: boolean; error: ReturnType<typeof useApi>['error']; reload: () => void } {
	const servers = useApi<{ servers: { name: string }[] }>('/servers', { limit: 200 });
	const policies = useApi<{ policies: { name: string }[] }>('/policies', { limit: 200 });
	return {
		servers: servers.data?.servers.map((s) => s.name) ?? [], policies: policies.data?.policies.map((p) => p.name) ?? [],
		isLoading: servers.isLoading || policies.isLoading, error: servers.error ?? policies.error,
		reload: () => { servers.reload(); policies.reload(); },
	};
}

export const NO_POLICY = 'No policy: every tool is allowed';

export function PolicySelect({ value, onChange, policies, server, error, disabled, isLabelHidden = true }: { value: string | null; onChange: (p: string | null) => void; policies: string[]; server: string; error?: string; disabled?: boolean; isLabelHidden?: boolean }) {
	const all = value && !policies.includes(value) ? [value, ...policies] : policies;
	return <Select label={server ? `Policy for ${server}` : 'Policy'} isLabelHidden={isLabelHidden} value={value ?? ''} error={error} disabled={disabled} onChange={(v) => onChange(v || null)} options={[{ value: '', label: NO_POLICY }, ...all]} />;
}

interface BindingsProps extends Names { value: Binding[]; onChange: (b: Binding[]) => void; errorAt: (i: number, field: string) => string | undefined }

// The rows of the form: which servers, each with its policy.
export function Bindings({ value, onChange, servers, policies, errorAt }: BindingsProps) {
	const left = servers.filter((s) => !value.some((b) => b.server === s));
	const change = (i: number, to: Partial<Binding>) => onChange(value.map((b, k) => (k === i ? { ...b, ...to } : b)));
	return (
		<div class="bindings">
			{value.map((b, i) => (
				<div class="binding" key={b.server}>
					<Select label="Server" isLabelHidden value={b.server} error={errorAt(i, 'server')} onChange={(server) => change(i, { server })} options={[b.server, ...left]} />
					<PolicySelect server={b.server} value={b.policy} error={errorAt(i, 'policy')} policies={policies} onChange={(policy) => change(i, { policy })} />
					<IconButton icon="close" label={`Take ${b.server} out`} onClick={() => onChange(value.filter((_, k) => k !== i))} />
				</div>))}
			{left.length > 0 && (
				<Select class="binding-add" label="Add a server" isLabelHidden value="" onChange={(server) => { if (server) onChange([...value, { server, policy: policies.includes(server) ? server : null }]); }}
					options={[{ value: '', label: value.length === 0 ? 'Choose a server…' : 'Add another server…' }, ...left]} />)}
		</div>
	);
}
